package dev.cinnabar.command;

import static dev.cinnabar.command.Flag.DENYOOM;
import static dev.cinnabar.command.Flag.FAST;
import static dev.cinnabar.command.Flag.READONLY;
import static dev.cinnabar.command.Flag.WRITE;

import dev.cinnabar.base.Bytes;
import dev.cinnabar.store.HashValue;
import dev.cinnabar.struct.Listpack;

/// Hashes: fields with a value each, under one key.
public enum HashCommands implements Command {
    HDEL(syntax("HDEL key field [field ...]")
            .flags(WRITE, FAST)
            .key("RW DELETE")
            .since("2.0.0")
            .complexity("O(N) for N fields to be deleted")
            .summary("Deletes fields of a hash, and the hash with the last one.")),
    HEXISTS(syntax("HEXISTS key field")
            .flags(READONLY, FAST)
            .key("RO")
            .since("2.0.0")
            .complexity("O(1)")
            .summary("Tells whether a hash has a field.")),
    HGET(syntax("HGET key field")
            .flags(READONLY, FAST)
            .key("RO ACCESS")
            .since("2.0.0")
            .complexity("O(1)")
            .summary("Answers the value of a field.")),
    HGETALL(syntax("HGETALL key")
            .flags(READONLY)
            .key("RO ACCESS")
            .since("2.0.0")
            .complexity("O(N) for N fields of the hash")
            .summary("Answers all fields of a hash with their values.")),
    HKEYS(syntax("HKEYS key")
            .flags(READONLY)
            .key("RO ACCESS")
            .since("2.0.0")
            .complexity("O(N) for N fields of the hash")
            .summary("Answers all fields of a hash.")),
    HLEN(syntax("HLEN key")
            .flags(READONLY, FAST)
            .key("RO")
            .since("2.0.0")
            .complexity("O(1)")
            .summary("Answers how many fields a hash has.")),
    HMGET(syntax("HMGET key field [field ...]")
            .flags(READONLY, FAST)
            .key("RO ACCESS")
            .since("2.0.0")
            .complexity("O(N) for N fields asked for")
            .summary("Answers the values of several fields.")),
    HMSET(syntax("HMSET key field value [field value ...]")
            .flags(WRITE, DENYOOM, FAST)
            .key("RW UPDATE")
            .since("2.0.0")
            .complexity("O(N) for N fields set")
            .deprecated("HSET with several fields")
            .summary("Sets several fields of a hash.")),
    HSET(syntax("HSET key field value [field value ...]")
            .flags(WRITE, DENYOOM, FAST)
            .key("RW UPDATE")
            .since("2.0.0")
            .complexity("O(N) for N fields set")
            .summary("Sets fields of a hash and answers how many of them are new.")),
    HSETNX(syntax("HSETNX key field value")
            .flags(WRITE, DENYOOM, FAST)
            .key("RW INSERT")
            .since("2.0.0")
            .complexity("O(1)")
            .summary("Sets a field, but only if the hash does not have it.")),
    HSTRLEN(syntax("HSTRLEN key field")
            .flags(READONLY, FAST)
            .key("RO")
            .since("3.2.0")
            .complexity("O(1)")
            .summary("Answers the length of a field's value.")),
    HVALS(syntax("HVALS key")
            .flags(READONLY)
            .key("RO ACCESS")
            .since("2.0.0")
            .complexity("O(N) for N fields of the hash")
            .summary("Answers the values of all fields."));

    private final CommandSpec spec;

    HashCommands(CommandSpec.Builder spec) {
        this.spec = spec.group(Group.HASH).build();
    }

    private static CommandSpec.Builder syntax(String line) {
        return CommandSpec.syntax(line);
    }

    @Override
    public CommandSpec spec() {
        return spec;
    }

    @Override
    public Reply run(Call call) {
        return switch (this) {
            case HDEL -> delete(call);
            case HEXISTS -> call.reply().integer(read(call).get(call.arg(2)) != null);
            case HGET -> get(call);
            case HGETALL -> all(call, true, true);
            case HKEYS -> all(call, true, false);
            case HLEN -> call.reply().integer(read(call).size());
            case HMGET -> mget(call);
            case HMSET -> hmset(call);
            case HSET -> hset(call);
            case HSETNX -> setNx(call);
            case HSTRLEN -> length(call);
            case HVALS -> all(call, false, true);
        };
    }

    private static HashValue read(Call call) {
        return call.db().hash(call.key(1), call.lookupRead(call.key(1)));
    }

    private static HashValue write(Call call) {
        return call.db().hash(call.key(1), call.db().lookup(call.key(1)));
    }

    // ---- reading ----

    private static Reply answer(Reply reply, Listpack.Entry value) {
        return value.isNumber() ? reply.bulk(value.number()) : reply.bulk(value.bytes());
    }

    private static Reply get(Call call) {
        Listpack.Entry value = read(call).get(call.arg(2));
        return value == null ? call.reply().nil() : answer(call.reply(), value);
    }

    private static Reply mget(Call call) {
        HashValue hash = read(call);
        Reply reply = call.reply().array(call.argc() - 2);
        for (int i = 2; i < call.argc(); i++) {
            Listpack.Entry value = hash.get(call.arg(i));
            if (value == null) reply.nil();
            else answer(reply, value);
        }
        return reply;
    }

    private static Reply all(Call call, boolean withFields, boolean withValues) {
        HashValue hash = read(call);
        Reply reply = withFields && withValues
                ? call.reply().map(hash.size())
                : call.reply().array(hash.size());
        hash.forEach((field, value) -> {
            if (withFields) answer(reply, field);
            if (withValues) answer(reply, value);
        });
        return reply;
    }

    private static Reply length(Call call) {
        Listpack.Entry value = read(call).get(call.arg(2));
        return call.reply().integer(value == null ? 0 : value.length());
    }

    // ---- changing ----

    private static int setAll(Call call) {
        HashValue hash = write(call);
        int added = 0;
        for (int i = 2; i < call.argc(); i += 2) if (hash.put(call.arg(i), call.arg(i + 1))) added++;
        call.changed(call.key(1), "hset");
        return added;
    }

    private static Reply hset(Call call) {
        if (call.argc() % 2 != 0) return call.reply().error(Errors.arity("hset"));
        return call.reply().integer(setAll(call));
    }

    private static Reply hmset(Call call) {
        if (call.argc() % 2 != 0) return call.reply().error(Errors.arity("hmset"));
        setAll(call);
        return call.reply().ok();
    }

    private static Reply setNx(Call call) {
        HashValue hash = write(call);
        if (hash.get(call.arg(2)) != null) return call.reply().integer(0);

        hash.put(call.arg(2), call.arg(3));
        call.changed(call.key(1), "hset");

        return call.reply().integer(1);
    }

    private static Reply delete(Call call) {
        Bytes key = call.key(1);
        HashValue hash = write(call);
        int deleted = 0;
        for (int i = 2; i < call.argc() && hash.exists(); i++) if (hash.remove(call.arg(i))) deleted++;
        if (deleted > 0) {
            call.changed(key, "hdel");
            if (!hash.exists()) call.changedGeneric(key, "del");
        }
        return call.reply().integer(deleted);
    }
}
