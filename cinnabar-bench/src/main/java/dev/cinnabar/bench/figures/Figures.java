package dev.cinnabar.bench.figures;

import java.util.Arrays;
import java.util.List;

/// Runs one figure by its name: `Figures NAME [our command line [the peer's]]`.
public final class Figures {
    private static final String NAMES =
            "always crowd storm hostile collisions expiry memory start largevalues smallheap";
    private static final List<String> SERVERS = List.of(
            "bin/cinnabar-server --port {port} --dir {dir} --save ''",
            "redis-server --port {port} --dir {dir} --save ''");

    private Figures() {}

    public static void main(String[] args) throws Exception {
        String name = args.length == 0 ? "" : args[0];
        String[] commands = SERVERS.toArray(new String[0]);
        for (int i = 1; i < args.length && i <= commands.length; i++) commands[i - 1] = args[i];
        switch (name) {
            case "always" -> Always.main(commands);
            case "crowd" -> Crowd.main(commands);
            case "storm" -> Storm.main(commands);
            case "hostile" -> Hostile.main(commands);
            case "collisions" -> Collisions.main(commands);
            case "expiry" -> Expiry.main(commands);
            case "memory" -> MemoryUse.main(commands);
            case "start" -> Start.main(commands);
            case "largevalues" -> LargeValues.main(commands);
            case "smallheap" -> SmallHeap.main(commands);
            default -> {
                System.err.println("no figure " + Arrays.toString(args) + "; there are: " + NAMES);
                System.exit(2);
            }
        }
    }
}
