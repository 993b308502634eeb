package dev.cinnabar.net;

import dev.cinnabar.base.Waits;
import dev.cinnabar.memory.Budget;
import java.io.IOException;
import java.net.BindException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.net.StandardSocketOptions;
import java.net.UnixDomainSocketAddress;
import java.net.UnknownHostException;
import java.nio.channels.ClosedSelectorException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/// Listening sockets and the loops that serve who comes through them.
///
/// Listen, start, and close: closing gives back every thread, port, file and selector. Nothing is shared
/// between two servers of one process. Methods are safe on any thread.
public final class NetServer implements AutoCloseable {
    /*
     * All acceptors sit on the first loop and hand sockets round in turn: accepting is rare next to serving.
     *
     * A listening socket that is registered with a selector is really closed, and its port free again, only
     * when that selector is asked the next time. Whoever stops listening therefore asks it himself, on his
     * own thread: the loop may be busy, or even wait for a lock that the caller holds. That is why loops do
     * not handle anything while they select.
     */

    /// The first number that [Connection#fd] tells; those below would be taken in a real process too.
    static final int FIRST_DESCRIPTOR = 8;

    /// For `batchesFrom`: one call per read and per write for good.
    public static final int NEVER = Integer.MAX_VALUE;

    private static final int FREE_PORT_ATTEMPTS = 20;

    private final EventLoop[] loops;
    private final AtomicLong nextId = new AtomicLong(1);
    private int nextLoop;
    private volatile int keepAliveSeconds;

    // guarded by this
    private final List<Acceptor> acceptors = new ArrayList<>();
    private List<String> addresses = List.of();
    private int port;
    private int backlog;
    private @Nullable Path unixPath;
    private boolean isStarted;
    private boolean closed;

    /// @param name what the threads are called, followed by `-io-` and the loop's number
    /// @param loopCount how many loops, at least 1; a thread each
    /// @param budget bounds what is kept of unfinished requests larger than 4 KiB
    /// @param batchesFrom how many connections a loop must have to begin reading and writing in batches,
    ///                    where the machine has them; 0: from the beginning, and even for one; [#NEVER]
    /// @throws IOException when the machine does not give what a loop needs (file descriptors)
    public NetServer(String name, int loopCount, Protocol protocol, Budget budget, int batchesFrom) throws IOException {
        loops = new EventLoop[loopCount];
        int opened = 0;
        try {
            for (; opened < loopCount; opened++) {
                loops[opened] = new EventLoop(this, opened, name + "-io-" + opened, protocol, budget, batchesFrom);
            }
        } finally {
            for (int i = 0; opened < loopCount && i < opened; i++) loops[i].neverStarted();
        }
    }

    /// Decides anew how many connections a loop must have to be served in batches; see the constructor. From
    /// one of the next turns on. Any thread.
    public void batchesFrom(int connections) {
        for (EventLoop loop : loops) loop.batchesFrom(connections);
    }

    /// Whether loops may wait some 50 µs for more clients to be ready where that makes them cheaper to serve:
    /// where many come quickly, a few at a time. They do not at first. Any thread.
    public void lingers(boolean lingers) {
        for (EventLoop loop : loops) loop.lingers(lingers);
    }

    /// Begins to serve. Whoever has connected until then waits. Idempotent. Any thread.
    public synchronized void start() {
        if (isStarted) return;
        isStarted = true;
        for (EventLoop loop : loops) loop.start();
    }

    // ---- listening ----

    /// Listens on these addresses and on no other TCP address any more. When that fails, listens where it did
    /// before.
    ///
    /// An address is a name, an IPv4 or IPv6 address, `*` (every IPv4 address) or `::*` (every IPv6 address;
    /// as Java has no way to ask for those alone, IPv4 peers may come in there too). One that begins with `-`
    /// may be missing on this machine; so may IPv6 as a whole. No address at all: no TCP.
    ///
    /// @param port 1 to 65535, or 0 for a free one, the same on all addresses
    /// @param backlog how many connections may wait to be accepted
    /// @return the port; 0 without addresses
    /// @throws IOException when an address cannot be had, or the server is closed; the message says which and
    ///                     why
    public synchronized int listen(List<String> addresses, int port, int backlog) throws IOException {
        checkOpen();
        List<Acceptor> before = tcpAcceptors();
        boolean samePort = port != 0 && port == this.port;
        if (samePort) before.forEach(this::close);
        List<Acceptor> after;
        try {
            after = port == 0 ? openOnFreePort(addresses, backlog) : open(addresses, port, backlog);
        } catch (IOException e) {
            if (samePort && !before.isEmpty()) acceptors.addAll(open(this.addresses, this.port, this.backlog));
            throw e;
        }
        if (!samePort) before.forEach(this::close);
        acceptors.addAll(after);
        this.addresses = List.copyOf(addresses);
        this.backlog = backlog;
        this.port = after.isEmpty() ? 0 : after.get(0).channel().socket().getLocalPort();
        return this.port;
    }

    /// Listens on a unix socket, and on no other any more. A socket file that is there already is replaced,
    /// and so is an empty file.
    ///
    /// @param permissions of the socket file; null leaves them to the process's umask
    /// @throws IOException when that fails, or the server is closed; the message says why
    public synchronized void listenUnix(Path path, @Nullable Set<PosixFilePermission> permissions, int backlog)
            throws IOException {
        checkOpen();
        closeUnix();
        ServerSocketChannel channel = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        try {
            removeStaleSocket(path);
            channel.bind(UnixDomainSocketAddress.of(path), backlog);
            unixPath = path;
            if (permissions != null) Files.setPosixFilePermissions(path, permissions);
            Acceptor acceptor = new Acceptor(this, loops[0], channel, false);
            acceptor.open(loops[0].selector());
            acceptors.add(acceptor);
        } catch (IOException | UnsupportedOperationException e) {
            channel.close();
            closeUnix();
            throw new IOException("Failed opening Unix socket " + path + ": " + e.getMessage(), e);
        }
    }

    private void checkOpen() throws IOException {
        if (closed) throw new IOException("the server is closed"); // nobody would close what is opened now
    }

    /// Closes all listening sockets and removes the unix socket's file; connections live on.
    public synchronized void stopListening() {
        tcpAcceptors().forEach(this::close);
        closeUnix();
        addresses = List.of();
        port = 0;
    }

    /// The TCP port; 0 when there is none.
    public synchronized int port() {
        return port;
    }

    /// Where connections are accepted: `ip:port`, `[ip]:port` or `path:0`.
    public synchronized List<String> listeningOn() {
        List<String> texts = new ArrayList<>();
        for (Acceptor acceptor : acceptors) {
            try {
                texts.add(Addresses.print(acceptor.channel().getLocalAddress()));
            } catch (IOException e) {
                // closed, so it is not listened on
            }
        }
        return texts;
    }

    /// After how many idle seconds the system asks peers that connect from now on whether they are still
    /// there; 0 = never.
    public void keepAliveSeconds(int seconds) {
        keepAliveSeconds = seconds;
    }

    int keepAliveSeconds() {
        return keepAliveSeconds;
    }

    private List<Acceptor> openOnFreePort(List<String> addresses, int backlog) throws IOException {
        for (int attempt = 1; ; attempt++) {
            try {
                return open(addresses, 0, backlog);
            } catch (BindException e) {
                if (attempt == FREE_PORT_ATTEMPTS) throw e; // free on the first address, but not on all
            }
        }
    }

    /// Port 0 is the system's choice on the first address, and that same port on the others.
    private List<Acceptor> open(List<String> addresses, int port, int backlog) throws IOException {
        List<Acceptor> opened = new ArrayList<>();
        boolean everyIpv6 = false;
        try {
            for (String text : everyIpv6First(addresses)) {
                boolean isOptional = text.startsWith("-");
                String address = isOptional ? text.substring(1) : text;
                if (everyIpv6 && address.equals("*")) continue; // those peers come in there
                Acceptor acceptor = open(address, isOptional, port, backlog);
                if (acceptor == null) continue;
                opened.add(acceptor);
                port = acceptor.channel().socket().getLocalPort();
                everyIpv6 |= address.equals("::*");
            }
            if (opened.isEmpty() && !addresses.isEmpty()) {
                throw new IOException("None of the addresses " + addresses + " is available here");
            }
            for (Acceptor acceptor : opened) acceptor.open(loops[0].selector());
            return opened;
        } catch (IOException e) {
            opened.forEach(this::close);
            throw e;
        }
    }

    private static List<String> everyIpv6First(List<String> addresses) {
        List<String> sorted = new ArrayList<>(addresses);
        sorted.sort((a, b) -> Boolean.compare(b.endsWith("::*"), a.endsWith("::*")));
        return sorted;
    }

    /// Answers null for an address that may be missing, and is.
    private @Nullable Acceptor open(String address, boolean isOptional, int port, int backlog) throws IOException {
        ServerSocketChannel channel = null;
        try {
            InetSocketAddress where = new InetSocketAddress(resolve(address), port);
            boolean isIpv4 = where.getAddress() instanceof Inet4Address;
            channel = ServerSocketChannel.open(isIpv4 ? StandardProtocolFamily.INET : StandardProtocolFamily.INET6);
            channel.setOption(StandardSocketOptions.SO_REUSEADDR, true);
            channel.bind(where, backlog);
            return new Acceptor(this, loops[0], channel, true);
        } catch (UnsupportedOperationException e) {
            return null; // no IPv6 on this machine
        } catch (IOException e) {
            if (channel != null) channel.close();
            boolean isTaken =
                    e instanceof BindException && String.valueOf(e.getMessage()).contains("in use");
            if (isOptional && !isTaken) return null;
            String what = "Could not create server TCP listening socket " + address + ":" + port + ": ";
            if (isTaken) throw (IOException) new BindException(what + e.getMessage()).initCause(e);
            String why = e instanceof UnknownHostException ? "Name or service not known" : e.getMessage();
            throw new IOException(what + why, e);
        }
    }

    private static InetAddress resolve(String address) throws IOException {
        return switch (address) {
            case "*" -> InetAddress.getByAddress(new byte[4]);
            case "::*" -> InetAddress.getByAddress(new byte[16]);
            default -> InetAddress.getByName(address);
        };
    }

    private List<Acceptor> tcpAcceptors() {
        return acceptors.stream().filter(Acceptor::isTcp).toList();
    }

    private void close(Acceptor acceptor) {
        acceptors.remove(acceptor);
        try {
            acceptor.channel().close();
            loops[0].letGo();
        } catch (IOException e) {
            loops[0].tell(e, null);
        } catch (ClosedSelectorException e) {
            // then everything that was registered there is closed already
        }
    }

    private void closeUnix() {
        acceptors.stream().filter(acceptor -> !acceptor.isTcp()).toList().forEach(this::close);
        if (unixPath == null) return;
        try {
            Files.deleteIfExists(unixPath);
        } catch (IOException e) {
            loops[0].tell(e, null);
        }
        unixPath = null;
    }

    /// Removes a socket that was left behind, and an empty file, with which scripts reserve a name. Nothing
    /// that holds data: binding to that will fail.
    private static void removeStaleSocket(Path path) throws IOException {
        if (!Files.exists(path, LinkOption.NOFOLLOW_LINKS)) return;
        BasicFileAttributes file = Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
        if (file.isOther() || file.isRegularFile() && file.size() == 0) Files.delete(path);
    }

    // ---- connections ----

    /// Spreads connections over the loops. On the first loop's thread.
    void accepted(SocketChannel channel) throws IOException {
        long id = nextId.getAndIncrement();
        EventLoop loop = loops[nextLoop];
        nextLoop = nextLoop + 1 == loops.length ? 0 : nextLoop + 1;
        if (loop.isCurrent()) loop.adopt(channel, id);
        else if (!loop.offer(() -> loop.adopt(channel, id))) channel.close();
    }

    synchronized void wakeAcceptors() {
        acceptors.forEach(Acceptor::wake);
    }

    /// Whether its first loop reads and writes in batches now. Any thread; a moment late.
    public boolean isBatching() {
        return loops[0].isBatching();
    }

    public int loopCount() {
        return loops.length;
    }

    /// Bytes of heap that its loops take for good, whether anybody is connected or not.
    public long ownBytes() {
        return (long) loops.length * EventLoop.BYTES;
    }

    public EventLoop loop(int index) {
        return loops[index];
    }

    /// How many connections are open, over all loops.
    public int connectionCount() {
        int sum = 0;
        for (EventLoop loop : loops) sum += loop.connectionCount();
        return sum;
    }

    // ---- the end ----

    /// Stops listening, closes all connections and ends the loops. Waits for them, unless called by one of
    /// them.
    @Override
    public void close() {
        synchronized (this) {
            if (closed) return;
            closed = true;
            stopListening();
        }
        boolean calledByLoop = false;
        for (EventLoop loop : loops) {
            loop.stop();
            calledByLoop |= loop.isCurrent();
        }
        if (calledByLoop) return; // it ends after this turn; waiting for the others might be waiting for ourselves
        for (EventLoop loop : loops) Waits.untilDone(loop::join); // whoever closes takes away what they work with
    }
}
