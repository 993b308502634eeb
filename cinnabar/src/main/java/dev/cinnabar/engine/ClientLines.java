package dev.cinnabar.engine;

import dev.cinnabar.base.Numbers;
import dev.cinnabar.command.Call;

/// The text of CLIENT LIST and CLIENT INFO: a line of `name=value` for each connection, in the order and by
/// the names that tools parse.
///
/// ```
/// id=3 addr=127.0.0.1:50312 laddr=127.0.0.1:6379 fd=8 name= age=10 idle=0 flags=N db=0 sub=0 psub=0 ssub=0 multi=-1 qbuf=26
///   qbuf-free=0 argv-mem=10 multi-mem=0 rbs=0 rbp=0 obl=0 oll=0 omem=0 tot-mem=36 events=r cmd=client|list user=default
///   redir=-1 resp=2 lib-name= lib-ver=                                                      (one line)
/// ```
final class ClientLines {
    /*
     * What speaks of Redis's own buffers is answered from what we have. All bytes that are not in the socket
     * yet are `obl`, and count as `omem`, which is what `client-output-buffer-limit` limits; what the client
     * was too slow to take lies in a list of `oll` pieces. There is no fixed part (`rbs`, `rbp`). A message
     * that waits for many clients lies in memory once but counts for each of them.
     */
    private final StringBuilder text = new StringBuilder();
    private final long nowMs;
    private final Session caller;
    private final long callersWords;
    private final long callersRequest;

    /// @param call the command that asks: its request is not used up before it has been answered
    ClientLines(Call call) {
        this.nowMs = call.nowMs();
        this.caller = (Session) call.caller();
        long words = 0;
        long request = 3 + Numbers.length(call.argc()); // *2\r\n, then $6\r\nCLIENT\r\n for each word
        for (int i = 0; i < call.argc(); i++) {
            int length = call.arg(i).length();
            words += length;
            request += 5 + Numbers.length(length) + length;
        }
        this.callersWords = words;
        this.callersRequest = request;
    }

    ClientLines add(Session session) {
        Link link = session.link();
        long input = link.inputBytes() + (session == caller ? callersRequest : 0);
        long output = link.outputBytes();
        long words = session == caller ? callersWords : 0;
        long queued = session.queuedBytes;
        var queue = session.queue;

        put("id", session.id());
        put("addr", link.remoteAddress());
        put("laddr", link.localAddress());
        put("fd", link.fd());
        put("name", session.name);
        put("age", (nowMs - session.createdMs()) / 1000);
        put("idle", (nowMs - session.lastUsedMs) / 1000);
        put("flags", flags(session));
        put("db", session.db);
        put("sub", session.subscriptions(Subscription.CHANNEL));
        put("psub", session.subscriptions(Subscription.PATTERN));
        put("ssub", session.subscriptions(Subscription.SHARD));
        put("multi", queue == null ? -1 : queue.size());
        put("qbuf", input);
        put("qbuf-free", 0);
        put("argv-mem", words);
        put("multi-mem", queued);
        put("rbs", 0);
        put("rbp", 0);
        put("obl", output);
        put("oll", link.outputPieces());
        put("omem", output);
        put("tot-mem", input + output + words + queued);
        put("events", output > 0 ? "rw" : "r");
        put("cmd", session.lastCommand);
        put("user", session.user());
        put("redir", -1);
        put("resp", session.isResp3 ? 3 : 2);
        put("lib-name", session.libraryName);
        put("lib-ver", session.libraryVersion);
        text.setCharAt(text.length() - 1, '\n');
        return this;
    }

    private void put(String name, long value) {
        text.append(name).append('=').append(value).append(' ');
    }

    private void put(String name, String value) {
        text.append(name).append('=').append(value).append(' ');
    }

    /// One letter for each thing that is special, `N` for none.
    private static String flags(Session session) {
        StringBuilder flags = new StringBuilder(4);
        if (session.isMonitor) flags.append('O');
        if (session.subscriptions != null) flags.append('P');
        if (session.queue != null) flags.append('x');
        if (session.isWaiting) flags.append('b');
        if (session.isDirty) flags.append('d');
        if (session.isClosing) flags.append('c');
        if (Session.isUnix(session.link().remoteAddress())) flags.append('U');
        if (session.isNoEvict) flags.append('e');
        if (session.isNoTouch) flags.append('T');
        return flags.isEmpty() ? "N" : flags.toString();
    }

    @Override
    public String toString() {
        return text.toString();
    }
}
