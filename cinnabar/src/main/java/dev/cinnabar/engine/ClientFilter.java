package dev.cinnabar.engine;

import dev.cinnabar.base.Bytes;
import dev.cinnabar.command.Call;
import dev.cinnabar.command.Errors;
import dev.cinnabar.command.Refusal;
import org.jspecify.annotations.Nullable;

/// A description of connections for CLIENT KILL: all that it says has to hold.
///
/// @param id            0 for any
/// @param maxAgeSeconds how old at least; 0 for any age
/// @param skipsCaller   whether the connection that asks is spared
record ClientFilter(
        long id,
        @Nullable ClientType type,
        @Nullable String user,
        @Nullable String remoteAddress,
        @Nullable String localAddress,
        long maxAgeSeconds,
        boolean skipsCaller) {

    static ClientFilter ofAddress(Bytes address) {
        return new ClientFilter(0, null, null, address.toString(), null, 0, false);
    }

    /// Reads pairs of words and values; of a word that comes twice, the last counts.
    ///
    /// @param from index of the first word
    /// @throws Refusal for a word that is none, or has a value that makes no sense
    static ClientFilter of(Call call, int from) {
        long id = 0;
        ClientType type = null;
        String user = null;
        String remote = null;
        String local = null;
        long maxAge = 0;
        boolean skips = true;
        for (int i = from; i < call.argc(); i += 2) {
            if (i + 1 == call.argc()) throw Errors.SYNTAX_REFUSAL;
            Bytes value = call.arg(i + 1);
            if (call.is(i, "ID")) id = call.longArg(i + 1, 1, Long.MAX_VALUE, "ERR client-id should be greater than 0");
            else if (call.is(i, "TYPE")) type = ClientType.of(value);
            else if (call.is(i, "USER")) user = existing(value);
            else if (call.is(i, "ADDR")) remote = value.toString();
            else if (call.is(i, "LADDR")) local = value.toString();
            else if (call.is(i, "MAXAGE")) maxAge = age(call, i + 1);
            else if (call.is(i, "SKIPME") && call.is(i + 1, "YES")) skips = true;
            else if (call.is(i, "SKIPME") && call.is(i + 1, "NO")) skips = false;
            else throw Errors.SYNTAX_REFUSAL;
        }
        return new ClientFilter(id, type, user, remote, local, maxAge, skips);
    }

    private static String existing(Bytes user) {
        String name = user.toString();
        if (!name.equals(Session.DEFAULT_USER)) throw new Refusal("ERR No such user '" + Errors.echo(user) + "'");
        return name;
    }

    private static long age(Call call, int index) {
        long age = call.longArg(index, Long.MIN_VALUE, Long.MAX_VALUE, "ERR maxage is not an integer or out of range");
        if (age <= 0) throw new Refusal("ERR maxage should be greater than 0");
        return age;
    }

    boolean matches(Session session, Session caller, long nowMs) {
        if (id != 0 && session.id() != id) return false;
        if (type != null && session.type() != type) return false;
        if (user != null && !user.equals(session.user())) return false;
        if (remoteAddress != null && !remoteAddress.equals(session.link().remoteAddress())) return false;
        if (localAddress != null && !localAddress.equals(session.link().localAddress())) return false;
        if (maxAgeSeconds != 0 && (nowMs - session.createdMs()) / 1000 < maxAgeSeconds) return false;
        return !skipsCaller || session != caller;
    }
}
