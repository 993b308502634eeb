package dev.cinnabar.command;

import static dev.cinnabar.command.Flag.LOADING;
import static dev.cinnabar.command.Flag.READONLY;
import static dev.cinnabar.command.Flag.STALE;

import dev.cinnabar.store.StreamConsumer;
import dev.cinnabar.store.StreamEntries;
import dev.cinnabar.store.StreamGroup;
import dev.cinnabar.store.StreamValue;
import dev.cinnabar.struct.IdRows;
import dev.cinnabar.struct.StreamId;
import org.jspecify.annotations.Nullable;

/// XINFO: what is to be known of a stream, its groups and their consumers.
public enum XinfoCommands implements Command {
    CONSUMERS(syntax("XINFO CONSUMERS key group")
            .flags(READONLY)
            .keys(KeySpec.range("RO ACCESS", 2, 0, 1))
            .since("5.0.0")
            .complexity("O(N) for N consumers")
            .tips("nondeterministic_output")
            .summary("Tells of the consumers of a group.")),
    GROUPS(syntax("XINFO GROUPS key")
            .flags(READONLY)
            .keys(KeySpec.range("RO ACCESS", 2, 0, 1))
            .since("5.0.0")
            .complexity("O(N) for N groups")
            .summary("Tells of the groups of a stream.")),
    HELP(syntax("XINFO HELP")
            .flags(LOADING, STALE)
            .since("5.0.0")
            .complexity("O(1)")
            .summary("Lists the subcommands.")),
    STREAM(syntax("XINFO STREAM key [FULL [COUNT count]]")
            .flags(READONLY)
            .keys(KeySpec.range("RO ACCESS", 2, 0, 1))
            .since("5.0.0")
            .complexity("O(1), with FULL O(N) for N entries, groups, consumers and pending entries told")
            .summary("Tells of a stream."));

    private static final long DEFAULT_COUNT = 10;

    private final CommandSpec spec;

    XinfoCommands(CommandSpec.Builder spec) {
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
            case CONSUMERS -> consumers(call);
            case GROUPS -> groups(call);
            case HELP -> help(call);
            case STREAM -> stream(call);
        };
    }

    private static Reply help(Call call) {
        return call.reply()
                .lines(
                        "XINFO <subcommand> [<arg> [value] [opt] ...]. Subcommands are:",
                        "CONSUMERS <key> <group>",
                        "    Tells of the consumers of a group.",
                        "GROUPS <key>",
                        "    Tells of the groups of a stream.",
                        "STREAM <key> [FULL [COUNT <count>]]",
                        "    Tells of a stream; with FULL also of its entries, groups and consumers, <count> of each.",
                        "HELP",
                        "    Prints this help.");
    }

    private static StreamValue read(Call call) {
        StreamValue stream = call.db().stream(call.lookupRead(call.key(2)));
        if (stream == null) throw new Refusal(Errors.NO_KEY);
        return stream;
    }

    private static Reply consumers(Call call) {
        StreamGroup group = read(call).group(call.arg(3));
        if (group == null) return call.reply().error(Errors.noGroupOf(call.key(2), call.arg(3)));
        Reply reply = call.reply().array(group.consumers());
        for (int i = 0; i < group.consumers(); i++) {
            StreamConsumer consumer = group.consumer(i);
            reply.map(4);
            reply.bulk("name").bulk(consumer.name());
            reply.bulk("pending").integer(consumer.pending());
            reply.bulk("idle").integer(Math.max(0, call.nowMs() - consumer.seenMs()));
            boolean wasActive = consumer.activeMs() != StreamConsumer.NEVER;
            reply.bulk("inactive").integer(wasActive ? Math.max(0, call.nowMs() - consumer.activeMs()) : -1);
        }
        return reply;
    }

    private static Reply groups(Call call) {
        StreamValue stream = read(call);
        Reply reply = call.reply().array(stream.groups());
        for (int i = 0; i < stream.groups(); i++) {
            StreamGroup group = stream.group(i);
            reply.map(6);
            reply.bulk("name").bulk(group.name());
            reply.bulk("consumers").integer(group.consumers());
            reply.bulk("pending").integer(group.pending());
            progress(reply, stream, group);
        }
        return reply;
    }

    /// Up to where a group has read, three pairs.
    private static void progress(Reply reply, StreamValue stream, StreamGroup group) {
        reply.bulk("last-delivered-id").id(group.lastMs(), group.lastSeq());
        reply.bulk("entries-read");
        if (group.entriesRead() == StreamGroup.UNKNOWN) reply.nil();
        else reply.integer(group.entriesRead());
        long lag = stream.lag(group);
        reply.bulk("lag");
        if (lag == StreamValue.UNKNOWN_LAG) reply.nil();
        else reply.integer(lag);
    }

    private static Reply stream(Call call) {
        StreamValue stream = read(call);
        if (call.argc() == 3) return inShort(call, stream);
        boolean hasCount = call.argc() == 6;
        if (call.argc() != 4 && !hasCount || !call.is(3, "FULL") || hasCount && !call.is(4, "COUNT"))
            return call.reply().error(Errors.subcommandArity("xinfo", call.arg(1)));
        long count = hasCount ? call.longArg(5) : DEFAULT_COUNT;
        return full(call, stream, count < 0 ? DEFAULT_COUNT : count);
    }

    private static void head(Reply reply, StreamValue stream, int pairs) {
        reply.map(pairs);
        reply.bulk("length").integer(stream.size());
        reply.bulk("radix-tree-keys").integer(stream.nodeCount());
        reply.bulk("radix-tree-nodes").integer(stream.nodeCount() + 1); // we have no such tree; no less can it have
        reply.bulk("last-generated-id").id(stream.lastMs(), stream.lastSeq());
        reply.bulk("max-deleted-entry-id").id(stream.maxDeletedMs(), stream.maxDeletedSeq());
        reply.bulk("entries-added").integer(stream.entriesAdded());
        reply.bulk("recorded-first-entry-id").id(stream.firstMs(), stream.firstSeq());
    }

    private static Reply inShort(Call call, StreamValue stream) {
        Reply reply = call.reply();
        head(reply, stream, 10);
        reply.bulk("groups").integer(stream.groups());
        reply.bulk("first-entry");
        edge(call, stream, false);
        reply.bulk("last-entry");
        return edge(call, stream, true);
    }

    private static Reply edge(Call call, StreamValue stream, boolean isLast) {
        StreamEntries entries = call.db().streamEntries().of(stream, 0, 0, StreamId.MAX, StreamId.MAX, isLast);
        if (!entries.next()) return call.reply().nil();
        StreamCommands.answer(call.reply(), entries);
        return call.reply();
    }

    /// What is pending of nobody: XNACK.
    private static long released(StreamGroup group) {
        long held = 0;
        for (int i = 0; i < group.consumers(); i++) held += group.consumer(i).pending();
        return group.pending() - held;
    }

    /// @param count of entries, and of what is pending in each list; 0 for all
    private static Reply full(Call call, StreamValue stream, long count) {
        Reply reply = call.reply();
        head(reply, stream, 9);
        long most = count == 0 ? Long.MAX_VALUE : count;
        reply.bulk("entries").array(Math.min(most, stream.size()));
        StreamEntries entries = call.db().streamEntries().of(stream);
        for (long i = 0; i < most && entries.next(); i++) StreamCommands.answer(reply, entries);

        reply.bulk("groups").array(stream.groups());
        for (int i = 0; i < stream.groups(); i++) {
            StreamGroup group = stream.group(i);
            long released = released(group);
            // clients older than XNACK (go-redis before 9.19) refuse a reply with a pair that they do not know
            reply.map(released == 0 ? 7 : 8);
            reply.bulk("name").bulk(group.name());
            progress(reply, stream, group);
            reply.bulk("pel-count").integer(group.pending());
            reply.bulk("pending");
            pending(reply, group, null, most);
            reply.bulk("consumers").array(group.consumers());
            for (int j = 0; j < group.consumers(); j++) {
                StreamConsumer consumer = group.consumer(j);
                reply.map(5);
                reply.bulk("name").bulk(consumer.name());
                reply.bulk("seen-time").integer(consumer.seenMs());
                reply.bulk("active-time").integer(consumer.activeMs());
                reply.bulk("pel-count").integer(consumer.pending());
                reply.bulk("pending");
                pending(reply, group, consumer, most);
            }
            if (released != 0) reply.bulk("nacked-count").integer(released);
        }
        return reply;
    }

    /// What is pending, by id; with its consumer's name where it is not one consumer's list. What was
    /// released has an empty name and was delivered at 0.
    private static void pending(Reply reply, StreamGroup group, @Nullable StreamConsumer consumer, long most) {
        IdRows rows = group.rows(consumer);
        reply.array(Math.min(most, rows.size()));
        long at = rows.first();
        for (long i = 0; i < most && at != IdRows.NONE; i++, at = rows.next(at)) {
            long place = consumer == null ? at : group.find(rows.ms(at), rows.seq(at));
            reply.array(consumer == null ? 4 : 3).id(rows.ms(at), rows.seq(at));
            if (consumer == null) {
                StreamConsumer owner = group.owner(place);
                if (owner == null) reply.bulk("");
                else reply.bulk(owner.name());
            }
            reply.integer(group.deliveredMs(place)).integer(group.deliveries(place));
        }
    }
}
