package dev.cinnabar.net;

import java.io.IOException;
import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import org.jspecify.annotations.Nullable;

/// Socket addresses as text, the way Redis prints them.
final class Addresses {
    private static final int GROUPS = 8; // of 16 bits, in an IPv6 address

    private Addresses() {}

    static @Nullable SocketAddress remote(SocketChannel channel) {
        try {
            return channel.getRemoteAddress();
        } catch (IOException e) {
            return null; // closed meanwhile
        }
    }

    static @Nullable SocketAddress local(SocketChannel channel) {
        try {
            return channel.getLocalAddress();
        } catch (IOException e) {
            return null;
        }
    }

    static boolean isUnix(@Nullable SocketAddress address) {
        return address instanceof UnixDomainSocketAddress;
    }

    static boolean isLoopback(@Nullable SocketAddress address) {
        return address instanceof InetSocketAddress inet
                && inet.getAddress() != null
                && inet.getAddress().isLoopbackAddress();
    }

    /// `ip:port`, `[ip]:port` or `path:0`; `?:0` when it is not known.
    static String print(@Nullable SocketAddress address) {
        if (address instanceof UnixDomainSocketAddress unix) return unix.getPath() + ":0";
        if (!(address instanceof InetSocketAddress inet) || inet.getAddress() == null) return "?:0";
        String ip = print(inet.getAddress());
        return ip.indexOf(':') >= 0 ? "[" + ip + "]:" + inet.getPort() : ip + ":" + inet.getPort();
    }

    static String print(InetAddress address) {
        if (address instanceof Inet4Address) return address.getHostAddress();
        String text = printIpv6(address.getAddress());
        int scope = ((Inet6Address) address).getScopeId();
        return scope == 0 ? text : text + "%" + scope;
    }

    /// RFC 5952: groups in lower-case hexadecimal, the first longest run of at least two zero groups as `::`.
    private static String printIpv6(byte[] bytes) {
        int runFrom = -1;
        int runLength = 1;
        for (int i = 0; i < GROUPS; i++) {
            int zeros = 0;
            while (i + zeros < GROUPS && group(bytes, i + zeros) == 0) zeros++;
            if (zeros > runLength) {
                runFrom = i;
                runLength = zeros;
            }
        }
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < GROUPS; i++) {
            if (i == runFrom) {
                text.append("::");
                i += runLength - 1;
            } else {
                if (i > 0 && text.charAt(text.length() - 1) != ':') text.append(':');
                text.append(Integer.toHexString(group(bytes, i)));
            }
        }
        return text.toString();
    }

    private static int group(byte[] bytes, int index) {
        return (bytes[2 * index] & 0xff) << 8 | bytes[2 * index + 1] & 0xff;
    }
}
