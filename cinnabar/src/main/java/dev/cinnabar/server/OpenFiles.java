package dev.cinnabar.server;

import dev.cinnabar.base.Log;
import dev.cinnabar.config.Config;
import dev.cinnabar.config.Directives;
import dev.cinnabar.config.RefusedSetting;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/// Sees to it that `maxclients` is no promise that the operating system breaks: each client takes a file
/// descriptor.
final class OpenFiles {
    /// Descriptors that are for other things than clients, as in Redis: the jar, listening sockets,
    /// selectors, the log.
    static final int RESERVED = 32;

    private static final long UNKNOWN = Long.MAX_VALUE;

    private final long limit;

    /// @param limit how many files this process may have open
    OpenFiles(long limit) {
        this.limit = limit;
    }

    /// The limit of this process. The JVM has raised it as far as it may by itself.
    ///
    /// Read from `/proc`, for the JVM's own way to ask costs 30 ms of a start; elsewhere the limit is not
    /// known and nothing is refused.
    static OpenFiles ofProcess() {
        try {
            return new OpenFiles(parse(Files.readString(Path.of("/proc/self/limits"))));
        } catch (IOException e) {
            return new OpenFiles(UNKNOWN);
        }
    }

    /// The soft limit in a line like `Max open files   1024   524288   files`.
    static long parse(String limits) {
        for (String line : limits.split("\n")) {
            if (!line.startsWith("Max open files")) continue;
            String soft = line.substring("Max open files".length()).strip().split(" ")[0];
            return soft.equals("unlimited") ? UNKNOWN : Long.parseLong(soft);
        }
        return UNKNOWN;
    }

    /// How many clients there can be at the most.
    long mostClients() {
        return limit == UNKNOWN ? UNKNOWN : limit - RESERVED;
    }

    /// Lowers `maxclients` to what is possible, and from now on refuses to set it higher.
    ///
    /// @throws StartException when not even one client could come
    void guard(Config config, Log log) {
        long most = mostClients();
        if (most < 1) {
            throw new StartException("The limit of open files is " + limit
                    + ", which leaves none for clients. Raise it with 'ulimit -n'.");
        }
        long asked = config.get(Directives.MAXCLIENTS);
        if (asked > most) {
            log.warning("maxclients asks for " + (asked + RESERVED) + " open files and " + limit
                    + " are allowed: maxclients is now " + most + ". Raise the limit with 'ulimit -n'.");
            config.put(Directives.MAXCLIENTS, most);
        }
        config.onChange(Directives.MAXCLIENTS, wanted -> {
            if (wanted <= most) return;
            throw new RefusedSetting(
                    "The operating system is not able to handle the specified number of clients, try with " + most);
        });
    }
}
