package dev.cinnabar.command;

import static dev.cinnabar.command.Flag.DENYOOM;
import static dev.cinnabar.command.Flag.LOADING;
import static dev.cinnabar.command.Flag.STALE;
import static dev.cinnabar.command.Flag.WRITE;

import dev.cinnabar.base.Bytes;
import dev.cinnabar.store.StreamConsumer;
import dev.cinnabar.store.StreamGroup;
import dev.cinnabar.store.StreamValue;
import dev.cinnabar.struct.StreamId;

/// XGROUP: groups of consumers, and the consumers in them.
public enum XgroupCommands implements Command {
    CREATE(syntax("XGROUP CREATE key group <id | $> [MKSTREAM] [ENTRIESREAD entries-read]")
            .flags(WRITE, DENYOOM)
            .keys(KeySpec.range("RW INSERT", 2, 0, 1))
            .since("5.0.0")
            .complexity("O(1)")
            .summary("Makes a group that reads a stream from an id on.")),
    CREATECONSUMER(syntax("XGROUP CREATECONSUMER key group consumer")
            .flags(WRITE, DENYOOM)
            .keys(KeySpec.range("RW INSERT", 2, 0, 1))
            .since("6.2.0")
            .complexity("O(1)")
            .summary("Makes a consumer in a group.")),
    DELCONSUMER(syntax("XGROUP DELCONSUMER key group consumer")
            .flags(WRITE)
            .keys(KeySpec.range("RW DELETE", 2, 0, 1))
            .since("5.0.0")
            .complexity("O(N) for N entries that are pending of it")
            .summary("Takes a consumer out of a group, with all that is pending of it.")),
    DESTROY(syntax("XGROUP DESTROY key group")
            .flags(WRITE)
            .keys(KeySpec.range("RW DELETE", 2, 0, 1))
            .since("5.0.0")
            .complexity("O(N) for N pending entries")
            .summary("Takes a group away, with all that is pending of it.")),
    HELP(syntax("XGROUP HELP")
            .flags(LOADING, STALE)
            .since("5.0.0")
            .complexity("O(1)")
            .summary("Lists the subcommands.")),
    SETID(syntax("XGROUP SETID key group <id | $> [ENTRIESREAD entries-read]")
            .flags(WRITE)
            .keys(KeySpec.range("RW UPDATE", 2, 0, 1))
            .since("5.0.0")
            .complexity("O(1)")
            .summary("Sets up to where a group has read."));

    private final CommandSpec spec;

    XgroupCommands(CommandSpec.Builder spec) {
        this.spec = spec.group(Group.STREAM).build();
    }

    private static CommandSpec.Builder syntax(String line) {
        return CommandSpec.syntax(line).subcommand();
    }

    @Override
    public CommandSpec spec() {
        return spec;
    }

    @Override
    public Reply run(Call call) {
        return switch (this) {
            case CREATE -> create(call);
            case CREATECONSUMER -> createConsumer(call);
            case DELCONSUMER -> deleteConsumer(call);
            case DESTROY -> destroy(call);
            case HELP -> help(call);
            case SETID -> setId(call);
        };
    }

    private static Reply help(Call call) {
        return call.reply()
                .lines(
                        "XGROUP <subcommand> [<arg> [value] [opt] ...]. Subcommands are:",
                        "CREATE <key> <group> <id|$> [option ...]",
                        "    Makes a group that reads the stream under <key> from behind <id> on. Options are:",
                        "    * MKSTREAM",
                        "      Makes an empty stream if there is none.",
                        "    * ENTRIESREAD <entries-read>",
                        "      Sets how many entries the group has read. For the server's own use.",
                        "CREATECONSUMER <key> <group> <consumer>",
                        "    Makes a consumer in a group.",
                        "DELCONSUMER <key> <group> <consumer>",
                        "    Takes a consumer out of a group.",
                        "DESTROY <key> <group>",
                        "    Takes a group away.",
                        "SETID <key> <group> <id|$> [ENTRIESREAD <entries-read>]",
                        "    Sets up to where a group has read, and how many entries.",
                        "HELP",
                        "    Prints this help.");
    }

    /// The number behind ENTRIESREAD, or [StreamGroup#UNKNOWN].
    private static long entriesRead(Call call, boolean takesMkStream) {
        long read = StreamGroup.UNKNOWN;
        for (int i = 5; i < call.argc(); i++) {
            if (takesMkStream && call.is(i, "MKSTREAM")) continue;
            if (!call.is(i, "ENTRIESREAD") || i + 1 == call.argc()) throw badWords(call);
            read = call.longArg(++i);
            if (read >= StreamGroup.UNKNOWN) continue;
            // Redis counts beyond the largest number, and its log says so
            if (!call.mustObey()) throw new Refusal("ERR value for ENTRIESREAD must be positive or -1");
            read = StreamGroup.UNKNOWN;
        }
        return read;
    }

    private static Refusal badWords(Call call) {
        return new Refusal(Errors.subcommandArity("xgroup", call.arg(1)));
    }

    private static boolean isLast(Bytes id) {
        return id.length() == 1 && id.at(0) == '$';
    }

    // ---- groups ----

    private static Reply create(Call call) {
        long read = entriesRead(call, true);
        boolean makesStream = false;
        for (int i = 5; i < call.argc(); i++) makesStream |= call.is(i, "MKSTREAM");
        Bytes key = call.key(2);
        long address = call.lookupWrite(key);
        StreamValue stream = call.db().stream(address);
        if (stream == null && !makesStream) return call.reply().error(Errors.NO_GROUP_KEY);
        if (call.argc() > 8) throw badWords(call);
        Bytes id = call.arg(4);
        if (!isLast(id)) StreamCommands.checkId(id);
        long ms = !isLast(id) ? StreamId.ms(id) : stream == null ? 0 : stream.lastMs();
        long seq = !isLast(id) ? StreamId.seq(id, 0) : stream == null ? 0 : stream.lastSeq();
        if (stream != null && stream.group(call.arg(3)) != null)
            return call.reply().error(Errors.GROUP_EXISTS);

        boolean isNew = stream == null;
        if (stream == null) {
            stream = call.db().newStream();
            stream.createGroup(call.arg(3), ms, seq, read);
            call.db().putStream(key, stream);
        } else {
            call.db().streamForChange(address).createGroup(call.arg(3), ms, seq, read);
        }
        if (isNew) call.changed(key, "xgroup-create");
        else call.changedUnawaited(key, "xgroup-create");
        if (isLast(id)) {
            Effects effects = call.effects()
                    .command(Words.XGROUP)
                    .arg(call.arg(1))
                    .arg(key)
                    .arg(call.arg(3))
                    .id(ms, seq);
            for (int i = 5; i < call.argc(); i++) effects.arg(call.arg(i));
        }
        return call.reply().ok();
    }

    /// The group that is named; the stream is about to be changed.
    private static StreamGroup group(Call call) {
        long address = call.lookupWrite(call.key(2));
        StreamValue stream = call.db().stream(address);
        if (stream == null) throw new Refusal(Errors.NO_GROUP_KEY);
        StreamGroup group = stream.group(call.arg(3));
        if (group == null) throw new Refusal(Errors.noGroupOf(call.key(2), call.arg(3)));
        call.db().streamForChange(address);
        return group;
    }

    private static Reply setId(Call call) {
        long read = entriesRead(call, false);
        StreamGroup group = group(call);
        if (call.argc() != 5 && call.argc() != 7) throw badWords(call);
        Bytes id = call.arg(4);
        StreamValue stream = call.db().stream(call.db().lookup(call.key(2)));
        if (isLast(id) && stream != null) {
            group.moveTo(stream.lastMs(), stream.lastSeq(), read);
        } else {
            if (id.length() > 0 && id.at(0) == '(') throw Errors.INVALID_ID;
            StreamInterval from = StreamInterval.from(call, 4); // with - and +
            group.moveTo(from.fromMs, from.fromSeq, read);
        }
        call.changedUnawaited(call.key(2), "xgroup-setid");
        StreamReading.tellLastId(call, call.key(2), group);
        return call.reply().ok();
    }

    private static Reply destroy(Call call) {
        long address = call.lookupWrite(call.key(2));
        StreamValue stream = call.db().stream(address);
        if (stream == null) return call.reply().error(Errors.NO_GROUP_KEY);
        StreamGroup group = stream.group(call.arg(3));
        if (group == null) return call.reply().integer(0);

        call.db().removeGroup(address, group);
        call.changedUnwatched(call.key(2), "xgroup-destroy");
        return call.reply().integer(1);
    }

    // ---- consumers ----

    private static Reply createConsumer(Call call) {
        StreamGroup group = group(call);
        if (group.find(call.arg(4)) != null) return call.reply().integer(0);
        group.create(call.arg(4), call.nowMs());
        call.changedUnawaited(call.key(2), "xgroup-createconsumer");
        return call.reply().integer(1);
    }

    private static Reply deleteConsumer(Call call) {
        StreamGroup group = group(call);
        StreamConsumer consumer = group.find(call.arg(4));
        if (consumer == null) return call.reply().integer(0);
        long pending = group.remove(consumer);
        call.changedUnawaited(call.key(2), "xgroup-delconsumer");
        return call.reply().integer(pending);
    }
}
