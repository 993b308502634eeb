package dev.cinnabar.engine;

import dev.cinnabar.base.Bytes;
import dev.cinnabar.base.Randomness;
import dev.cinnabar.base.TestClock;
import dev.cinnabar.command.Command;
import dev.cinnabar.command.CommandSpec;
import dev.cinnabar.memory.Budget;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/// An engine with a clock to move and clients without sockets. Knows two commands more than the server:
/// `STALL milliseconds` takes so long, and `AWAIT key` waits until there is such a key.
final class TestEngine {
    final TestClock clock = new TestClock();
    final Engine engine;
    private int nextPort = 50001;

    /// @param more commands that it shall know, too
    TestEngine(Command... more) {
        List<Command> commands = new ArrayList<>(Families.all());
        commands.addAll(List.of(more));
        commands.add(Command.of(CommandSpec.syntax("STALL milliseconds"), call -> {
            clock.advance(Duration.ofMillis(call.longArg(1)));
            return call.reply().ok();
        }));
        commands.add(Command.of(CommandSpec.syntax("AWAIT key").key("RO"), call -> {
            boolean isThere = call.db().lookup(call.key(1)) != 0;
            return isThere ? call.reply().ok() : call.waitForKeys(1, 1, 0, true);
        }));
        engine = new Engine(clock, new Randomness(1), new Budget(64 << 20), 16, commands, Map.of());
    }

    /// A client that connects over TCP from this machine.
    TestClient connect() {
        return connect("127.0.0.1:" + nextPort++, "127.0.0.1:6379");
    }

    TestClient connect(String remoteAddress, String localAddress) {
        return new TestClient(engine, Session.Origin.NETWORK, remoteAddress, localAddress);
    }

    /// The Java program around the server.
    TestClient embedded() {
        return new TestClient(engine, Session.Origin.EMBEDDED, "", "");
    }

    Settings settings() {
        return engine.settings();
    }

    /// Lets time go by, and the timers do their work.
    void advance(Duration time) {
        clock.advance(time);
        engine.tick();
    }

    static Bytes[] words(String... words) {
        Bytes[] argv = new Bytes[words.length];
        for (int i = 0; i < words.length; i++) argv[i] = Bytes.of(words[i]);
        return argv;
    }
}
