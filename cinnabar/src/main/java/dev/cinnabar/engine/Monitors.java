package dev.cinnabar.engine;

import dev.cinnabar.base.ByteBuilder;
import dev.cinnabar.base.Bytes;
import dev.cinnabar.base.Clock;
import dev.cinnabar.command.Call;
import dev.cinnabar.command.CommandSpec;
import dev.cinnabar.command.Flag;
import java.util.ArrayList;
import java.util.List;

/// The clients that watch every command go by: MONITOR. Touched only under the engine's lock.
final class Monitors {
    /*
     * A command is shown after it has run: secrets among its arguments are redacted by then, SELECT shows the
     * new database, and EXEC comes behind the commands that it ran. One that has to wait is shown when it
     * begins to, and not again. A monitor that sends a command itself sees it behind the answer, as all that
     * is pushed.
     */
    private static final String HEX = "0123456789abcdef";

    private final Clock clock;
    private final Pushes pushes;
    private final List<Session> sessions = new ArrayList<>(0);
    private final ByteBuilder line = new ByteBuilder();

    Monitors(Clock clock, Pushes pushes) {
        this.clock = clock;
        this.pushes = pushes;
    }

    boolean isEmpty() {
        return sessions.isEmpty();
    }

    void add(Session session) {
        session.isMonitor = true;
        sessions.add(session);
    }

    void remove(Session session) {
        session.isMonitor = false;
        sessions.remove(session);
    }

    /// Shows a command to all of them: `+1700000000.123456 [0 127.0.0.1:50312] "set" "k" "v"`. Administrative
    /// commands are not shown. Where there is no memory for the line, the monitors are closed.
    void feed(Session from, Call call, CommandSpec spec) {
        if (spec.is(Flag.SKIP_MONITOR) || spec.is(Flag.ADMIN) || from.origin() == Session.Origin.REPLAY) return;
        try {
            write(clock.wallMicros(), from, call);
            byte[] written = line.copy();
            for (Session session : sessions) if (!session.hidesReply()) pushes.push(session, written, sessions.size());
            line.clear();
            line.trim(Engine.KEPT_BYTES);
        } catch (OutOfMemoryError e) {
            sessions.forEach(pushes::missed);
        }
    }

    private void write(long micros, Session from, Call call) {
        line.clear();
        line.append('+').append(micros / 1_000_000).append('.');
        String fraction = Long.toString(micros % 1_000_000 + 1_000_000);
        line.append(fraction.substring(1)).append(" [").append((long) from.db).append(' ');
        line.append(from(from.link())).append(']');
        for (int i = 0; i < call.argc(); i++) {
            line.append(" \"");
            quote(call.arg(i));
            line.append('"');
        }
        line.appendCrlf();
    }

    private static String from(Link link) {
        String address = link.remoteAddress();
        if (address.isEmpty()) return "embedded";
        return Session.isUnix(address) ? "unix:" + address.substring(0, address.length() - 2) : address;
    }

    private void quote(Bytes text) {
        for (int i = 0; i < text.length(); i++) {
            byte b = text.at(i);
            switch (b) {
                case '\\' -> line.append("\\\\");
                case '"' -> line.append("\\\"");
                case '\n' -> line.append("\\n");
                case '\r' -> line.append("\\r");
                case '\t' -> line.append("\\t");
                case 7 -> line.append("\\a");
                case '\b' -> line.append("\\b");
                default -> {
                    if (b >= ' ' && b < 127) line.append(b);
                    else line.append("\\x").append(hex(b >> 4)).append(hex(b));
                }
            }
        }
    }

    private static char hex(int nibble) {
        return HEX.charAt(nibble & 15);
    }
}
