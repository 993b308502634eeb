package dev.cinnabar.engine;

import static dev.cinnabar.command.CommandSpec.syntax;
import static dev.cinnabar.command.Flag.FAST;
import static dev.cinnabar.command.Flag.FOR_SUBSCRIBERS;
import static dev.cinnabar.command.Flag.LOADING;
import static dev.cinnabar.command.Flag.MAY_REPLICATE;
import static dev.cinnabar.command.Flag.NOSCRIPT;
import static dev.cinnabar.command.Flag.PUBSUB;
import static dev.cinnabar.command.Flag.STALE;

import dev.cinnabar.base.Bytes;
import dev.cinnabar.base.Glob;
import dev.cinnabar.command.Call;
import dev.cinnabar.command.Command;
import dev.cinnabar.command.CommandSpec;
import dev.cinnabar.command.Errors;
import dev.cinnabar.command.Group;
import dev.cinnabar.command.KeySpec;
import dev.cinnabar.command.Reply;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Channels: who publishes knows nobody who listens, and who listens nobody who publishes. Nothing of it is
/// kept or logged.
public enum PubSubCommands implements Command {
    PSUBSCRIBE(syntax("PSUBSCRIBE pattern [pattern ...]")
            .flags(PUBSUB, NOSCRIPT, LOADING, STALE, FOR_SUBSCRIBERS)
            .since("2.0.0")
            .complexity("O(N) for N patterns")
            .summary("Listens to all channels whose names fit a pattern.")),
    PUBLISH(syntax("PUBLISH channel message")
            .flags(PUBSUB, LOADING, STALE, FAST, MAY_REPLICATE)
            .since("2.0.0")
            .complexity("O(N+M) for N listeners of the channel and M patterns of all clients")
            .summary("Sends a message to those who listen to a channel.")),
    PUBSUB_CHANNELS(inner("PUBSUB CHANNELS [pattern]")
            .flags(PUBSUB, LOADING, STALE)
            .since("2.8.0")
            .complexity("O(N) for N channels")
            .summary("Lists the channels that somebody listens to.")),
    PUBSUB_HELP(inner("PUBSUB HELP")
            .flags(LOADING, STALE)
            .since("6.2.0")
            .complexity("O(1)")
            .summary("Lists the subcommands.")),
    PUBSUB_NUMPAT(inner("PUBSUB NUMPAT")
            .flags(PUBSUB, LOADING, STALE)
            .since("2.8.0")
            .complexity("O(1)")
            .summary("Counts the different patterns that somebody listens to.")),
    PUBSUB_NUMSUB(inner("PUBSUB NUMSUB [channel [channel ...]]")
            .flags(PUBSUB, LOADING, STALE)
            .since("2.8.0")
            .complexity("O(N) for N channels asked for")
            .summary("Counts those who listen to each channel, patterns aside.")),
    PUBSUB_SHARDCHANNELS(inner("PUBSUB SHARDCHANNELS [pattern]")
            .flags(PUBSUB, LOADING, STALE)
            .since("7.0.0")
            .complexity("O(N) for N shard channels")
            .summary("Lists the shard channels that somebody listens to.")),
    PUBSUB_SHARDNUMSUB(inner("PUBSUB SHARDNUMSUB [shardchannel [shardchannel ...]]")
            .flags(PUBSUB, LOADING, STALE)
            .since("7.0.0")
            .complexity("O(N) for N shard channels asked for")
            .summary("Counts those who listen to each shard channel.")),
    PUNSUBSCRIBE(syntax("PUNSUBSCRIBE [pattern [pattern ...]]")
            .flags(PUBSUB, NOSCRIPT, LOADING, STALE, FOR_SUBSCRIBERS)
            .since("2.0.0")
            .complexity("O(N) for N patterns")
            .summary("Listens no longer to patterns, or to any pattern.")),
    SPUBLISH(syntax("SPUBLISH shardchannel message")
            .flags(PUBSUB, LOADING, STALE, FAST, MAY_REPLICATE)
            .keys(KeySpec.range("not_key", 1, 0, 1))
            .since("7.0.0")
            .complexity("O(N) for N listeners of the channel")
            .summary("Sends a message to those who listen to a shard channel.")),
    SSUBSCRIBE(syntax("SSUBSCRIBE shardchannel [shardchannel ...]")
            .flags(PUBSUB, NOSCRIPT, LOADING, STALE, FOR_SUBSCRIBERS)
            .keys(KeySpec.range("not_key", 1, -1, 1))
            .since("7.0.0")
            .complexity("O(N) for N channels")
            .summary("Listens to shard channels.")),
    SUBSCRIBE(syntax("SUBSCRIBE channel [channel ...]")
            .flags(PUBSUB, NOSCRIPT, LOADING, STALE, FOR_SUBSCRIBERS)
            .since("2.0.0")
            .complexity("O(N) for N channels")
            .summary("Listens to channels.")),
    SUNSUBSCRIBE(syntax("SUNSUBSCRIBE [shardchannel [shardchannel ...]]")
            .flags(PUBSUB, NOSCRIPT, LOADING, STALE, FOR_SUBSCRIBERS)
            .keys(KeySpec.range("not_key", 1, -1, 1))
            .since("7.0.0")
            .complexity("O(N) for N channels")
            .summary("Listens no longer to shard channels, or to any shard channel.")),
    UNSUBSCRIBE(syntax("UNSUBSCRIBE [channel [channel ...]]")
            .flags(PUBSUB, NOSCRIPT, LOADING, STALE, FOR_SUBSCRIBERS)
            .since("2.0.0")
            .complexity("O(N) for N channels")
            .summary("Listens no longer to channels, or to any channel."));

    private final CommandSpec spec;

    PubSubCommands(CommandSpec.Builder spec) {
        this.spec = spec.group(Group.PUBSUB).build();
    }

    private static CommandSpec.Builder inner(String line) {
        return CommandSpec.syntax(line).subcommand();
    }

    @Override
    public CommandSpec spec() {
        return spec;
    }

    @Override
    public Reply run(Call call) {
        Session session = (Session) call.caller();
        PubSub pubSub = session.engine().pubSub();
        return switch (this) {
            case PSUBSCRIBE -> subscribe(call, pubSub, session, Subscription.PATTERN);
            case PUBLISH -> call.reply().integer(pubSub.publish(call.arg(1), call.arg(2)));
            case PUBSUB_CHANNELS -> channels(call, pubSub, Subscription.CHANNEL);
            case PUBSUB_HELP -> Help.answer(call, values());
            case PUBSUB_NUMPAT -> call.reply().integer(pubSub.topics(Subscription.PATTERN));
            case PUBSUB_NUMSUB -> listeners(call, pubSub, Subscription.CHANNEL);
            case PUBSUB_SHARDCHANNELS -> channels(call, pubSub, Subscription.SHARD);
            case PUBSUB_SHARDNUMSUB -> listeners(call, pubSub, Subscription.SHARD);
            case PUNSUBSCRIBE -> unsubscribe(call, pubSub, session, Subscription.PATTERN);
            case SPUBLISH -> call.reply().integer(pubSub.publishToShard(call.arg(1), call.arg(2)));
            case SSUBSCRIBE -> subscribe(call, pubSub, session, Subscription.SHARD);
            case SUBSCRIBE -> subscribe(call, pubSub, session, Subscription.CHANNEL);
            case SUNSUBSCRIBE -> unsubscribe(call, pubSub, session, Subscription.SHARD);
            case UNSUBSCRIBE -> unsubscribe(call, pubSub, session, Subscription.CHANNEL);
        };
    }

    // ---- listening ----

    /// Each channel is confirmed on its own: an answer of several values, which is why clients count
    /// confirmations, not replies.
    private static Reply subscribe(Call call, PubSub pubSub, Session session, Subscription sort) {
        boolean isRefusedInExec =
                sort == Subscription.SHARD && session.engine().isInExec(); // as in Redis, that one alone
        if (isRefusedInExec || !session.link().takesMessages())
            return call.reply().error(Errors.denyBlocking(call.spec().name()));
        for (int i = 1; i < call.argc(); i++) {
            pubSub.subscribe(session, sort, call.arg(i));
            confirm(call, session, sort, sort.begun(), call.arg(i));
        }
        return call.reply();
    }

    /// Without names it is all of them; who listens to none is told so, with nothing for a name.
    private static Reply unsubscribe(Call call, PubSub pubSub, Session session, Subscription sort) {
        for (Bytes name : named(call, session, sort)) {
            pubSub.unsubscribe(session, sort, name);
            confirm(call, session, sort, sort.ended(), name);
        }
        if (call.argc() == 1 && !call.reply().isPush()) confirm(call, session, sort, sort.ended(), null);
        return call.reply();
    }

    private static List<Bytes> named(Call call, Session session, Subscription sort) {
        if (call.argc() > 1) return Arrays.asList(call.argv()).subList(1, call.argc());
        Subscriptions own = session.subscriptions;
        return own == null ? List.of() : new ArrayList<>(own.of(sort));
    }

    private static void confirm(Call call, Session session, Subscription sort, Bytes word, @Nullable Bytes name) {
        Subscriptions own = session.subscriptions;
        Reply reply = call.reply().push(3).bulk(word);
        if (name == null) reply.nil();
        else reply.bulk(name);
        reply.integer(own == null ? 0 : own.counted(sort));
    }

    // ---- asking ----

    private static Reply channels(Call call, PubSub pubSub, Subscription sort) {
        if (call.argc() > 3) {
            return call.reply().error(Errors.subcommandArity("pubsub", call.arg(1)));
        }
        Bytes pattern = call.argc() == 3 ? call.arg(2) : null;
        int begin = call.reply().begin();
        long count = 0;
        for (Bytes name : pubSub.names(sort)) {
            if (pattern != null && !Glob.matches(pattern, name)) continue;
            call.reply().bulk(name);
            count++;
        }
        return call.reply().endArray(begin, count);
    }

    private static Reply listeners(Call call, PubSub pubSub, Subscription sort) {
        call.reply().array(2L * (call.argc() - 2));
        for (int i = 2; i < call.argc(); i++)
            call.reply().bulk(call.arg(i)).integer(pubSub.listeners(sort, call.arg(i)));
        return call.reply();
    }
}
