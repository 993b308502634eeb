package dev.cinnabar.engine;

import static dev.cinnabar.command.Flag.ADMIN;
import static dev.cinnabar.command.Flag.LOADING;
import static dev.cinnabar.command.Flag.NOSCRIPT;
import static dev.cinnabar.command.Flag.PROTECTED;
import static dev.cinnabar.command.Flag.STALE;

import dev.cinnabar.base.Bytes;
import dev.cinnabar.base.Numbers;
import dev.cinnabar.command.Call;
import dev.cinnabar.command.Command;
import dev.cinnabar.command.CommandSpec;
import dev.cinnabar.command.Group;
import dev.cinnabar.command.Reply;
import dev.cinnabar.store.Database;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/// DEBUG: what tests and harnesses need, and nobody else should touch.
public enum DebugCommands implements Command {
    DEBUG(syntax("DEBUG subcommand [argument [argument ...]]").flags(ADMIN, NOSCRIPT, LOADING, STALE, PROTECTED)
            .since("1.0.0").complexity("Depends on the subcommand")
            .summary("Tools for testing the server; see DEBUG HELP."));

    private static final String POSITIVE = "ERR value is out of range, must be positive";

    private final CommandSpec spec;

    DebugCommands(CommandSpec.Builder spec) {
        this.spec = spec.build();
    }

    private static CommandSpec.Builder syntax(String line) {
        return CommandSpec.syntax(line).group(Group.SERVER);
    }

    @Override
    public CommandSpec spec() {
        return spec;
    }

    @Override
    public Reply run(Call call) {
        Engine engine = ((Session) call.caller()).engine();
        String word = call.arg(1).toLatin1().toUpperCase(Locale.ROOT);
        int args = call.argc() - 2;
        return switch (word) {
            case "POPULATE" -> args >= 1 && args <= 3 ? populate(call, engine) : unknown(call);
            default -> unknown(call);
        };
    }

    private static Reply unknown(Call call) {
        String word = call.arg(1).toString();
        return call.reply().error("ERR unknown subcommand or wrong number of arguments for '" + word + "'. Try DEBUG HELP.");
    }

    // ---- filling the database ----

    /// Makes many small strings, without garbage: two arrays, in which only the digits change.
    private static Reply populate(Call call, Engine engine) {
        long count = call.longArg(2, 0, Long.MAX_VALUE, POSITIVE);
        long size = call.argc() > 4 ? call.longArg(4, 0, call.limits().maxBulkBytes, POSITIVE) : 0;
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

    /// `prefix:N`, cut or filled up with zero bytes to a fixed length if one is given; each text overwrites the one before.
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
}
