package dev.cinnabar.persistence;

import static dev.cinnabar.command.Flag.DENYOOM;
import static dev.cinnabar.command.Flag.READONLY;
import static dev.cinnabar.command.Flag.WRITE;

import dev.cinnabar.base.ByteBuilder;
import dev.cinnabar.base.Bytes;
import dev.cinnabar.command.Call;
import dev.cinnabar.command.Command;
import dev.cinnabar.command.CommandSpec;
import dev.cinnabar.command.Effects;
import dev.cinnabar.command.Errors;
import dev.cinnabar.command.Group;
import dev.cinnabar.command.Refusal;
import dev.cinnabar.command.Reply;
import dev.cinnabar.config.Directives;
import dev.cinnabar.engine.Session;
import dev.cinnabar.memory.OutOfMemory;
import dev.cinnabar.store.Database;
import java.io.IOException;

/// Values carried from server to server as one string: written here, restored there, or the other way round.
public enum DumpCommands implements Command {
    DUMP(CommandSpec.syntax("DUMP key")
            .flags(READONLY)
            .key("RO ACCESS")
            .tips("nondeterministic_output")
            .since("2.6.0")
            .complexity("O(N) for N bytes or elements of the value")
            .summary("Answers a value as bytes that RESTORE makes it of again, here or on a Redis from 7.0 on.")),
    RESTORE(CommandSpec.syntax(
                    "RESTORE key ttl serialized-value [REPLACE] [ABSTTL] [IDLETIME seconds] [FREQ frequency]")
            .flags(WRITE, DENYOOM)
            .key("OW UPDATE")
            .categories("dangerous")
            .since("2.6.0")
            .complexity("O(N) for N bytes, O(N*log(N)) for N members of a sorted set")
            .summary("Makes a key of what DUMP answered, here or on a Redis up to 7.4."));

    /*
     *   type  value …             version  checksum
     *   1     as in an RDB file   2        8         both little end first; the checksum is over all before it
     */

    private static final int VERSION_BYTES = 2;
    private static final int FOOTER = VERSION_BYTES + Long.BYTES;
    private static final int MAX_PAYLOAD =
            1 << 30; // what a record may hold is beyond what a buffer may; so says memory usage
    private static final int MAX_FREQUENCY = 255;
    private static final int NONE = -1;
    private static final Bytes ABSTTL = Bytes.of("ABSTTL");
    private static final Bytes DEL = Bytes.of("DEL");

    private final CommandSpec spec;

    DumpCommands(CommandSpec.Builder spec) {
        this.spec = spec.group(Group.GENERIC).build();
    }

    @Override
    public CommandSpec spec() {
        return spec;
    }

    @Override
    public Reply run(Call call) {
        return switch (this) {
            case DUMP -> dump(call);
            case RESTORE -> restore(call);
        };
    }

    // ---- DUMP ----

    private static Reply dump(Call call) {
        Database db = call.db();
        long address = call.lookupRead(call.key(1));
        if (address == 0) return call.reply().nil();
        if (db.memoryUsage(address) > MAX_PAYLOAD) throw OutOfMemory.REFUSED;

        ByteBuilder out = new ByteBuilder();
        out.append((byte) ValueWriter.type(db, address).code());
        new ValueWriter(compresses(call)).value(db, address, out);
        ValueWriter.fixed(ValueWriter.VERSION, VERSION_BYTES, out);
        ValueWriter.fixed(Crc64.update(0, out.array(), 0, out.length()), Long.BYTES, out);

        return call.reply().bulk(out.array(), 0, out.length());
    }

    private static boolean compresses(Call call) {
        return ((Session) call.caller()).engine().host().config().get(Directives.RDBCOMPRESSION);
    }

    // ---- RESTORE ----

    private static Reply restore(Call call) {
        Bytes key = call.key(1);
        Bytes payload = call.arg(3);
        Options options = Options.of(call);
        Database db = call.db();
        boolean isThere = (options.replaces ? db.lookup(key) : call.lookupWrite(key)) != 0;
        if (isThere && !options.replaces) return call.reply().error(Errors.BUSY_KEY);
        long ttlMs = call.longArg(2);
        if (ttlMs < 0) return call.reply().error(Errors.NEGATIVE_TTL);
        if (!isIntact(payload)) return call.reply().error(Errors.DAMAGED_PAYLOAD);
        boolean isVolatile = ttlMs > 0;
        long expiryMs = isVolatile && !options.isAbsolute ? ttlMs + call.nowMs() : ttlMs; // may overflow into the past

        Database workshop = call.store().workshop();
        try {
            build(payload, workshop, key);
            if (isVolatile && isOver(call, expiryMs)) return restoreNothing(call, key, isThere);
            if (isVolatile) workshop.setExpiry(workshop.lookup(key), expiryMs);
            workshop.moveTo(key, db, key);
        } finally {
            workshop.remove(key);
        }
        note(options, db, db.lookup(key));
        call.changed(key, "restore");
        if (isVolatile && !options.isAbsolute) logAbsolute(call, expiryMs);

        return call.reply().ok();
    }

    /// What follows the key, its time and the payload.
    private record Options(boolean replaces, boolean isAbsolute, long idleSeconds, int frequency) {
        static Options of(Call call) {
            boolean replaces = false;
            boolean isAbsolute = false;
            long idleSeconds = NONE;
            int frequency = NONE;
            for (int i = 4; i < call.argc(); i++) {
                boolean hasMore = i + 1 < call.argc();
                if (call.is(i, "REPLACE")) replaces = true;
                else if (call.is(i, "ABSTTL")) isAbsolute = true;
                else if (call.is(i, "IDLETIME") && hasMore && frequency == NONE) idleSeconds = idle(call, ++i);
                else if (call.is(i, "FREQ") && hasMore && idleSeconds == NONE) frequency = frequency(call, ++i);
                else throw Errors.SYNTAX_REFUSAL;
            }
            return new Options(replaces, isAbsolute, idleSeconds, frequency);
        }

        private static long idle(Call call, int index) {
            long seconds = call.longArg(index);
            if (seconds < 0) throw new Refusal("ERR Invalid IDLETIME value, must be >= 0");
            return seconds;
        }

        private static int frequency(Call call, int index) {
            long count = call.longArg(index);
            if (count < 0 || count > MAX_FREQUENCY)
                throw new Refusal("ERR Invalid FREQ value, must be >= 0 and <= " + MAX_FREQUENCY);
            return (int) count;
        }
    }

    private static boolean isIntact(Bytes payload) {
        int body = payload.length() - FOOTER;
        if (body < 0) return false;
        byte[] array = payload.array();
        int footer = payload.offset() + body;
        int version = array[footer] & 0xff | (array[footer + 1] & 0xff) << 8;
        long checksum = 0;
        for (int i = FOOTER - 1; i >= VERSION_BYTES; i--) checksum = checksum << 8 | array[footer + i] & 0xff;
        return version <= RdbReader.MAX_VERSION
                && checksum == Crc64.update(0, array, payload.offset(), body + VERSION_BYTES);
    }

    /// Makes the value aside, where nobody sees it.
    ///
    /// @throws Refusal when the bytes do not check out
    private static void build(Bytes payload, Database workshop, Bytes key) {
        RdbBytes in = new RdbBytes(new Bytes(payload.array(), payload.offset(), payload.length() - FOOTER));
        try {
            RdbType type = RdbType.of(in.one());
            if (type == null) throw Errors.BAD_DATA;
            new ValueReader().read(type, in, workshop, key);
        } catch (BadRdb | IOException e) {
            throw Errors.BAD_DATA;
        }
        if (in.left() > 0 || workshop.lookup(key) == 0) throw Errors.BAD_DATA;
    }

    /// Whether it would go at once; never while the log is replayed, which says itself what was deleted when.
    private static boolean isOver(Call call, long expiryMs) {
        return expiryMs <= call.nowMs() && call.store().moment().expires;
    }

    /// The key was to live until a moment that has passed: all that is left to do is to delete what it held.
    private static Reply restoreNothing(Call call, Bytes key, boolean isThere) {
        if (isThere) {
            call.db().remove(key);
            call.changedGeneric(key, "del");
            call.effects().command(DEL).arg(key);
        }
        return call.reply().ok();
    }

    private static void note(Options options, Database db, long address) {
        if (options.idleSeconds != NONE) db.setIdle(address, options.idleSeconds);
        if (options.frequency != NONE) db.setFrequency(address, options.frequency);
    }

    /// The command as it came, but with the moment in the place of the time from now on.
    private static void logAbsolute(Call call, long expiryMs) {
        Effects effects = call.effects().command(call.arg(0)).arg(call.key(1)).arg(expiryMs);
        for (int i = 3; i < call.argc(); i++) effects.arg(call.arg(i));
        effects.arg(ABSTTL);
    }
}
