package dev.cinnabar.engine;

import static dev.cinnabar.command.Flag.ADMIN;
import static dev.cinnabar.command.Flag.LOADING;
import static dev.cinnabar.command.Flag.NOSCRIPT;
import static dev.cinnabar.command.Flag.PROTECTED;
import static dev.cinnabar.command.Flag.STALE;
import static dev.cinnabar.command.Flag.SYSCMD;

import dev.cinnabar.base.Bytes;
import dev.cinnabar.base.Numbers;
import dev.cinnabar.command.Call;
import dev.cinnabar.command.Command;
import dev.cinnabar.command.CommandSpec;
import dev.cinnabar.command.Errors;
import dev.cinnabar.command.Group;
import dev.cinnabar.command.Refusal;
import dev.cinnabar.command.Reply;
import dev.cinnabar.store.Database;
import dev.cinnabar.store.Kind;
import dev.cinnabar.store.ListValue;
import dev.cinnabar.store.StringValue;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// DEBUG: what tests and harnesses need, and nobody else should touch. Refused unless `enable-debug-command`
/// allows it.
public enum DebugCommands implements Command {
    DEBUG(CommandSpec.syntax("DEBUG subcommand [argument [argument ...]]")
            .flags(ADMIN, NOSCRIPT, LOADING, STALE, PROTECTED, SYSCMD)
            .group(Group.SERVER)
            .since("1.0.0")
            .complexity("Depends on the subcommand")
            .summary("Tools for testing the server; see DEBUG HELP."));

    /// What DEBUG can do.
    private enum Tool {
        ASSERT(0, 1, "ASSERT", "Refused: this server does not crash on demand."),
        CHANGE_REPL_ID(0, 0, "CHANGE-REPL-ID", "Gives the server another identity as a master."),
        CINNABAR_CHECK(
                0,
                0,
                "CINNABAR-CHECK",
                "Checks pages, tables, timers and records against each other. O(N) for N keys."),
        CONFIG_REWRITE_FORCE_ALL(
                0,
                0,
                "CONFIG-REWRITE-FORCE-ALL",
                "CONFIG REWRITE with a line for every directive, those at their default, too."),
        CRASH_AND_RECOVER(0, 1, "CRASH-AND-RECOVER [milliseconds]", "Refused: this server does not crash on demand."),
        DIGEST(0, 0, "DIGEST", "Answers a fingerprint of all data, the same as Redis has for the same data."),
        DIGEST_VALUE(0, 0xffff, "DIGEST-VALUE [key [key ...]]", "Answers fingerprints of values."),
        ERROR(1, 1, "ERROR text", "Answers an error of this text."),
        HTSTATS(1, 2, "HTSTATS db [full]", "Answers how full the tables of a database are."),
        LOADAOF(0, 0, "LOADAOF", "Loads the data set anew from the append-only file."),
        LOG(1, 1, "LOG text", "Writes a line into the server's log."),
        OBJECT(1, 2, "OBJECT key", "Answers how a value is stored."),
        OOM(0, 0, "OOM", "Refused: this server does not crash on demand."),
        PANIC(0, 0, "PANIC", "Refused: this server does not crash on demand."),
        POPULATE(
                1,
                3,
                "POPULATE count [prefix [size]]",
                "Makes keys prefix:0, prefix:1 and so on with values value:0, value:1"
                        + " and so on, filled up with zero bytes to a size. Keys that are there stay as they are. Not written to the log."),
        PROTOCOL(1, 1, "PROTOCOL type", "Answers a sample of a type of the protocol."),
        QUICKLIST_PACKED_THRESHOLD(1, 1, "QUICKLIST-PACKED-THRESHOLD size", "Checks the size and changes nothing."),
        RELOAD(
                0,
                3,
                "RELOAD [MERGE] [NOFLUSH] [NOSAVE]",
                "Saves the data set to the RDB file, forgets it, and reads it back; or does some of that."),
        REPLYBUFFER(
                2,
                2,
                "REPLYBUFFER <PEAK-RESET-TIME time | RESIZING 0-or-1>",
                "Changes nothing: buffers look after themselves."),
        RESTART(0, 1, "RESTART [milliseconds]", "Refused: this server does not crash on demand."),
        SDSLEN(1, 1, "SDSLEN key", "Answers the lengths of a key and its string."),
        SEGFAULT(0, 0, "SEGFAULT", "Refused: this server does not crash on demand."),
        SET_ACTIVE_EXPIRE(
                1, 1, "SET-ACTIVE-EXPIRE 0-or-1", "Whether keys whose time is over go before somebody asks for them."),
        SET_DISABLE_DENY_SCRIPTS(1, 1, "SET-DISABLE-DENY-SCRIPTS 0-or-1", "Changes nothing: there are no scripts."),
        SLEEP(1, 1, "SLEEP seconds", "Keeps the whole server waiting; decimals allowed.");

        private final String word = name().replace('_', '-');
        private final int minArgs;
        private final int maxArgs;
        private final String syntax;
        private final String summary;

        Tool(int minArgs, int maxArgs, String syntax, String summary) {
            this.minArgs = minArgs;
            this.maxArgs = maxArgs;
            this.syntax = syntax;
            this.summary = summary;
        }

        static @Nullable Tool of(Call call) {
            int args = call.argc() - 2;
            for (Tool tool : values()) {
                if (call.is(1, tool.word) && args >= tool.minArgs && args <= tool.maxArgs) return tool;
            }
            return null;
        }
    }

    private static final String NO_CRASH = "ERR this server does not crash on demand";
    private static final int SHARED_NUMBERS = 10_000;
    private static final long MAX_PACKED_BYTES = 4L << 30;

    private final CommandSpec spec;

    DebugCommands(CommandSpec.Builder spec) {
        this.spec = spec.build();
    }

    @Override
    public CommandSpec spec() {
        return spec;
    }

    @Override
    public Reply run(Call call) {
        if (call.is(1, "HELP") && call.argc() == 2) return help(call);
        Tool tool = Tool.of(call);
        if (tool == null) {
            return call.reply().error(Errors.subcommandArity("debug", call.arg(1)));
        }
        Engine engine = ((Session) call.caller()).engine();
        return switch (tool) {
            case ASSERT, CRASH_AND_RECOVER, OOM, PANIC, RESTART, SEGFAULT ->
                call.reply().error(NO_CRASH);
            case CHANGE_REPL_ID -> changeReplId(call, engine);
            case CINNABAR_CHECK -> check(call);
            case CONFIG_REWRITE_FORCE_ALL -> rewriteConfig(call, engine);
            case DIGEST -> call.reply().simple(Digest.of(call.store()));
            case DIGEST_VALUE -> digestValues(call);
            case ERROR -> error(call);
            case HTSTATS -> tableStats(call);
            case LOADAOF -> loadAof(call, engine);
            case LOG -> log(call, engine);
            case OBJECT -> object(call);
            case POPULATE -> populate(call, engine);
            case PROTOCOL -> protocol(call);
            case QUICKLIST_PACKED_THRESHOLD -> packedThreshold(call);
            case RELOAD -> reload(call, engine);
            case REPLYBUFFER -> replyBuffer(call);
            case SDSLEN -> stringLengths(call);
            case SET_ACTIVE_EXPIRE -> setActiveExpire(call, engine);
            case SET_DISABLE_DENY_SCRIPTS -> call.reply().ok();
            case SLEEP -> sleep(call);
        };
    }

    private static Reply help(Call call) {
        List<String> lines = new ArrayList<>();
        for (Tool tool : Tool.values()) {
            lines.add(tool.syntax);
            lines.add("    " + tool.summary);
        }
        return Help.answer(call, "debug", lines);
    }

    // ---- the server ----

    private static Reply changeReplId(Call call, Engine engine) {
        engine.info().changeReplicationId();
        return call.reply().ok();
    }

    private static Reply check(Call call) {
        try {
            call.store().checkInvariants();
            return call.reply().ok();
        } catch (IllegalStateException e) {
            return call.reply().error(Errors.ofJava("ERR " + e.getMessage()));
        }
    }

    private static Reply log(Call call, Engine engine) {
        engine.host().log().warning("DEBUG LOG: " + call.arg(2));
        return call.reply().ok();
    }

    private static Reply setActiveExpire(Call call, Engine engine) {
        engine.settings().expiresActively = !call.is(2, "0");
        return call.reply().ok();
    }

    /// Sleeps with the engine's lock held, which is the point of it.
    private static Reply sleep(Call call) {
        double seconds;
        try {
            seconds = Double.parseDouble(call.arg(2).toString());
        } catch (NumberFormatException e) {
            seconds = 0; // as in Redis
        }
        try {
            Thread.sleep((long) (seconds * 1000));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return call.reply().ok();
    }

    private static Reply replyBuffer(Call call) {
        boolean isTime = call.is(2, "PEAK-RESET-TIME");
        if (isTime && !call.is(3, "NEVER") && !call.is(3, "RESET")) call.longArg(3);
        if (!isTime && !call.is(2, "RESIZING")) throw Errors.SYNTAX_REFUSAL;
        return call.reply().ok();
    }

    private static Reply packedThreshold(Call call) {
        long bytes = memory(call.arg(2).toLatin1().toLowerCase(Locale.ROOT));
        if (bytes >= 0 && bytes < MAX_PACKED_BYTES) return call.reply().ok();
        return call.reply().error("ERR argument must be a memory value bigger than 1 and smaller than 4gb");
    }

    /// A number of bytes with a unit, as configuration files have it; -1 for what is none.
    private static long memory(String text) {
        String digits = text.replaceFirst("[a-z]+$", "");
        long unit = switch (text.substring(digits.length())) {
            case "", "b" -> 1;
            case "k" -> 1000;
            case "kb" -> 1 << 10;
            case "m" -> 1_000_000;
            case "mb" -> 1 << 20;
            case "g" -> 1_000_000_000;
            case "gb" -> 1 << 30;
            default -> -1;
        };
        return unit > 0 && digits.matches("\\d{1,10}") ? Long.parseLong(digits) * unit : -1;
    }

    // ---- the data ----

    private static Reply digestValues(Call call) {
        call.reply().array(call.argc() - 2);
        for (int i = 2; i < call.argc(); i++) call.reply().simple(Digest.ofValue(call.db(), call.key(i)));
        return call.reply();
    }

    private static long found(Call call) {
        long address = call.db().lookup(call.key(2));
        if (address == 0) throw new Refusal(Errors.NO_KEY);
        return address;
    }

    private static Reply object(Call call) {
        Database db = call.db();
        long address = found(call);
        long idleSeconds = db.idleMs(address) / 1000;
        long used = call.nowMs() / 1000 - idleSeconds & 0xffffff;
        return call.reply()
                .simple("Value at:0x" + Long.toHexString(address) + " refcount:" + references(db, address)
                        + " encoding:"
                        + db.kind(address).encoding() + " serializedlength:" + serializedLength(db, address)
                        + " lru:" + used
                        + " lru_seconds_idle:" + idleSeconds
                        + (db.kind(address) == Kind.LIST_QUICKLIST ? quicklist(call, address) : ""));
    }

    private static String quicklist(Call call, long address) {
        ListValue list = call.db().list(call.key(2), address);
        return " ql_nodes:" + list.pieces()
                + String.format(Locale.ROOT, " ql_avg_node:%.2f", (double) list.size() / list.pieces())
                + " ql_listpack_max:" + call.store().thresholds().listMaxListpackSize
                + " ql_compressed:0 ql_uncompressed_size:" + list.pieceBytes();
    }

    /// Nothing is shared here; but Redis shares small numbers, and says so with the largest count there is.
    private static int references(Database db, long address) {
        if (!db.kind(address).isString()) return 1;
        StringValue value = db.string(address);
        boolean isShared = value.isNumber() && value.number() >= 0 && value.number() < SHARED_NUMBERS;
        return isShared ? Integer.MAX_VALUE : 1;
    }

    /// What a string takes in an RDB file, uncompressed: a number in as few bytes as it needs, else a length
    /// and the bytes. Of other values, which this room cannot write, the bytes they take in memory.
    private static long serializedLength(Database db, long address) {
        if (!db.kind(address).isString()) return db.memoryUsage(address);
        StringValue value = db.string(address);
        if (value.isLong() && value.toLong() == (int) value.toLong()) {
            int number = (int) value.toLong();
            return number == (byte) number ? 2 : number == (short) number ? 3 : 5;
        }
        int length = value.length();
        return length + (length < 1 << 6 ? 1 : length < 1 << 14 ? 2 : 5);
    }

    private static Reply stringLengths(Call call) {
        Database db = call.db();
        long address = found(call);
        Kind kind = db.kind(address);
        if (!kind.isString() || kind == Kind.STRING_INT) return call.reply().error("ERR Not an sds encoded string.");
        int key = call.key(2).length();
        int value = db.string(address).length();
        return call.reply()
                .simple("key_sds_len:" + key + ", key_sds_avail:0, key_zmalloc: " + key + ", val_sds_len:" + value
                        + ", val_sds_avail:0, val_zmalloc: " + db.memoryUsage(address));
    }

    private static Reply tableStats(Call call) {
        long index =
                call.longArg(2, Integer.MIN_VALUE, Integer.MAX_VALUE, "ERR value is not an integer or out of range");
        if (index < 0 || index >= call.store().count()) return call.reply().error("ERR Out of range database");
        Database db = call.store().database((int) index);
        return call.reply()
                .verbatim("[Dictionary HT]\n number of elements: " + db.size() + "\n[Expires HT]\n number of elements: "
                        + db.volatileSize() + "\n");
    }

    private static Reply rewriteConfig(Call call, Engine engine) {
        return call.reply().okUnless(engine.host().config().rewriteAll());
    }

    private static Reply loadAof(Call call, Engine engine) {
        return call.reply().okUnless(engine.host().reloadLog());
    }

    private static Reply reload(Call call, Engine engine) {
        boolean saves = true;
        boolean empties = true;
        boolean merges = false;
        for (int i = 2; i < call.argc(); i++) {
            if (call.is(i, "NOSAVE")) saves = false;
            else if (call.is(i, "NOFLUSH")) empties = false;
            else if (call.is(i, "MERGE")) merges = true;
            else return call.reply().error("ERR DEBUG RELOAD only supports the MERGE, NOFLUSH and NOSAVE options.");
        }
        return call.reply().okUnless(engine.host().reload(saves, empties, merges));
    }

    // ---- filling the database ----

    /// Makes many small strings, without garbage: two arrays, in which only the digits change.
    private static Reply populate(Call call, Engine engine) {
        long count = call.longArg(2, 0, Long.MAX_VALUE, Errors.NOT_POSITIVE);
        long size = call.argc() > 4 ? call.longArg(4, 0, call.limits().maxBulkBytes, Errors.NOT_POSITIVE) : 0;
        byte[] prefix = call.argc() > 3 ? call.arg(3).copy() : ascii("key");
        Numbered key = new Numbered(prefix, 0);
        Numbered value = new Numbered(ascii("value"), (int) size);
        Database db = call.db();

        for (long i = 0; i < count; i++) {
            Bytes name = key.of(i);
            if (db.lookup(name) != 0) continue;
            db.setString(name, value.of(i), Database.NO_EXPIRY);
            engine.watches().changed(call.dbIndex(), name);
        }

        return call.reply().ok();
    }

    /// `prefix:N`, cut or filled up with zero bytes to a fixed length if one is given; each text overwrites
    /// the one before.
    private static final class Numbered {
        private final byte[] text;
        private final int digitsAt;
        private final int fixedLength;
        private final Bytes window = new Bytes();

        Numbered(byte[] prefix, int fixedLength) {
            this.digitsAt = prefix.length + 1;
            this.fixedLength = fixedLength;
            this.text = new byte[Math.max(digitsAt + Numbers.MAX_LONG_CHARS, fixedLength)];
            System.arraycopy(prefix, 0, text, 0, prefix.length);
            text[prefix.length] = ':';
        }

        /// The numbers have to rise, for shorter digits would leave longer ones' ends behind.
        Bytes of(long number) {
            int end = digitsAt + Numbers.print(number, text, digitsAt);
            return window.set(text, 0, fixedLength > 0 ? fixedLength : end);
        }
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    // ---- the protocol ----

    /// An error that was asked for counts as none.
    private static Reply error(Call call) {
        return call.reply().uncountedError(call.arg(2).toLatin1());
    }

    private static Reply protocol(Call call) {
        Reply reply = call.reply();
        String type = call.arg(2).toLatin1().toLowerCase(Locale.ROOT);
        return switch (type) {
            case "string" -> reply.bulk("Hello World");
            case "integer" -> reply.integer(12345);
            case "double" -> reply.decimal("3.141");
            case "bignum" -> bigNumber(reply, "1234567999999999999999999999999999999");
            case "null" -> reply.nil();
            case "array" -> reply.array(3).integer(0).integer(1).integer(2);
            case "set" -> reply.set(3).integer(0).integer(1).integer(2);
            case "map" ->
                reply.map(3)
                        .integer(0)
                        .bool(false)
                        .integer(1)
                        .bool(true)
                        .integer(2)
                        .bool(false);
            case "attrib" -> attribute(reply).bulk("Some real reply following the attribute");
            case "push" -> push(reply);
            case "verbatim" -> reply.verbatim("This is a verbatim\nstring");
            case "true" -> reply.bool(true);
            case "false" -> reply.bool(false);
            default ->
                reply.error("ERR Wrong protocol type name. Please use one of the following: "
                        + "string|integer|double|bignum|null|array|set|map|attrib|push|verbatim|true|false");
        };
    }

    private static Reply bigNumber(Reply reply, String digits) {
        if (!reply.isResp3()) return reply.bulk(digits);
        reply.out().append('(').append(digits).appendCrlf();
        return reply;
    }

    private static Reply attribute(Reply reply) {
        if (!reply.isResp3()) return reply;
        reply.out().append("|1\r\n");
        return reply.bulk("key-popularity").array(2).bulk("key:123").integer(90);
    }

    private static Reply push(Reply reply) {
        if (!reply.isResp3()) return reply.error("ERR RESP2 is not supported by this command");
        reply.push(2).bulk("server-cpu-usage").integer(42);
        return reply.bulk("Some real reply following the push reply");
    }
}
