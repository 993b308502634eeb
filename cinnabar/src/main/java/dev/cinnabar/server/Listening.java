package dev.cinnabar.server;

import dev.cinnabar.base.Log;
import dev.cinnabar.config.Config;
import dev.cinnabar.config.Directives;
import dev.cinnabar.config.RefusedSetting;
import dev.cinnabar.net.NetServer;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Where a server listens: what `bind`, `port` and `unixsocket` say, at the start and when CONFIG SET says
/// something else.
final class Listening {
    private final NetServer net;
    private final Config config;
    private final Log log;
    private int tcpPort; // also while no address is listened to; after the start under the engine's lock

    Listening(NetServer net, Config config, Log log) {
        this.net = net;
        this.config = config;
        this.log = log;
    }

    /// Opens the sockets, and follows the configuration from now on.
    ///
    /// @param onTcp whether there is to be a TCP port
    /// @throws StartException when one cannot be had
    void start(boolean onTcp) {
        int backlog = config.get(Directives.TCP_BACKLOG);
        int port = config.get(Directives.PORT);
        try {
            if (onTcp) net.listen(config.get(Directives.BIND), port, backlog);
            boolean onUnix = !config.get(Directives.UNIXSOCKET).isEmpty();
            if (onUnix) net.listenUnix(config.path(Directives.UNIXSOCKET), permissions(), backlog);
        } catch (IOException e) {
            throw new StartException(e.getMessage() == null ? "Failed listening on port " + port : e.getMessage(), e);
        }
        tcpPort = net.port() == 0 ? port : net.port();
        String noPort = "Unable to listen on this port. Check server logs.";
        String noAddress = "Failed to bind to specified addresses.";
        config.onChange(Directives.PORT, v -> listenAgain(config.get(Directives.BIND), v, backlog, noPort));
        config.onChange(Directives.BIND, v -> listenAgain(v, tcpPort, backlog, noAddress));
    }

    private void listenAgain(List<String> addresses, int port, int backlog, String refusal) throws RefusedSetting {
        try {
            net.listen(port == 0 ? List.of() : addresses, port, backlog);
            tcpPort = port;
        } catch (IOException e) {
            log.warning("Failed listening on port " + port + ": " + e.getMessage());
            throw new RefusedSetting(refusal);
        }
    }

    private @Nullable Set<PosixFilePermission> permissions() {
        int mode = config.get(Directives.UNIXSOCKETPERM);
        if (mode == 0) return null;
        Set<PosixFilePermission> set = EnumSet.noneOf(PosixFilePermission.class);
        PosixFilePermission[] all = PosixFilePermission.values(); // owner r w x, group r w x, others r w x
        for (int bit = 0; bit < 9; bit++) if ((mode >> 8 - bit & 1) != 0) set.add(all[bit]);
        return set;
    }

    /// The first address that is listened to, as a client on this machine may write it. Any thread.
    ///
    /// @throws IllegalStateException when there is none
    URI uri() {
        List<String> addresses = net.listeningOn();
        if (addresses.isEmpty()) throw new IllegalStateException("the server listens nowhere");
        String first = addresses.get(0);
        if (first.endsWith(":0")) return unixUri(first.substring(0, first.length() - 2));
        String here = first.replace("0.0.0.0:", "127.0.0.1:").replace("[::]:", "[::1]:");
        return URI.create("redis://" + here);
    }

    private static URI unixUri(String path) {
        return URI.create("unix://" + Path.of(path).toAbsolutePath().toUri().getRawPath());
    }
}
