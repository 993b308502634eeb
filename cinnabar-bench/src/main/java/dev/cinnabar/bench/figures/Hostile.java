package dev.cinnabar.bench.figures;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/// What do those clients cost that announce much, do not read, do not finish, or have not said who they are?
final class Hostile {
    private static final String HUGE_BULK = "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$536870912\r\n";
    private static final int MB = 1 << 20;

    private Hostile() {}

    public static void main(String[] commands) throws IOException {
        Report report = new Report("hostile: growth of RSS");
        announced(report, commands[0]);
        unread(report, commands[0]);
        halfSent(report, commands[0]);
        unauthenticated(report, commands[0]);
        report.end();
    }

    private static void announced(Report report, String command) throws IOException {
        try (Server server = Server.start(command)) {
            warm(server);
            long before = server.rss();
            List<Client> clients = new ArrayList<>();
            for (int i = 0; i < 50; i++) {
                Client client = server.connect();
                client.send(HUGE_BULK + "x".repeat(1000));
                clients.add(client);
            }
            Server.pause(2000);
            report.atMost("50 bulks of 512 MB, announced", 64, Report.mb(server.rss() - before), "MB");
            for (Client client : clients) client.close();
        }
    }

    private static void unread(Report report, String command) throws IOException {
        try (Server server = Server.start(command);
                Client client = server.connect()) {
            warm(server);
            client.call("SET", "big", "x".repeat(MB));
            for (int i = 0; i < 8; i++) client.call("GET", "big"); // buffers of that size have been used once
            long before = server.rss();
            byte[] get = Client.encode("GET", "big");
            for (int i = 0; i < 400; i++) client.send(get);
            Server.pause(4000);
            report.atMost("400 MB asked for and not read", 64, Report.mb(server.peakRss() - before), "MB");
            long bytes = 0;
            for (int i = 0; i < 400; i++) bytes += client.read().length();
            report.is("  read later, bytes", 400L * MB, bytes);
        }
    }

    private static void halfSent(Report report, String command) throws IOException {
        try (Server server = Server.start(command)) {
            warm(server);
            long before = server.rss();
            List<Client> clients = new ArrayList<>();
            for (int i = 0; i < 2000; i++) {
                Client client = server.connect();
                client.send("*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$20000\r\n" + "x".repeat(10_000));
                clients.add(client);
            }
            Server.pause(1000);
            report.note("2,000 requests half sent (20 MB)", Report.mb(server.rss() - before), "MB");
            for (int i = 0; i < clients.size(); i++) {
                if (i % 2 == 0) clients.get(i).reset();
                else clients.get(i).close();
            }
            Server.pause(1000);
            report.is("  clients after they have gone", 1L, server.info("clients", "connected_clients"));
            for (int i = 0; i < 30 && server.rss() - before > 32 * MB; i++) Server.pause(1000);
            report.atMost("  RSS that stays after 30 s", 64, Report.mb(server.rss() - before), "MB");
            try (Client client = server.connect()) {
                report.is("  keys that they have left behind", "0", client.call("DBSIZE"));
            }
        }
    }

    /// Before anybody has logged in, a request may have 10 arguments of 16 KiB, and a line 64 KiB.
    private static void unauthenticated(Report report, String command) throws IOException {
        try (Server server = Server.start(command, "--requirepass", "secret");
                Client friend = server.connect()) {
            friend.call("AUTH", "secret");
            long before = server.rss();
            report.is("unauthenticated: 300 announced bulks, turned away", 300, flood(server, HUGE_BULK, 1));
            report.is(
                    "unauthenticated: 300 counts of a billion, turned away", 300, flood(server, "*1000000000\r\n", 1));
            report.is(
                    "unauthenticated: 300 lines without an end, turned away",
                    300,
                    flood(server, "x".repeat(4096), 100));
            int refused = 0;
            try (Client client = server.connect()) {
                String value = "x".repeat(16_000);
                for (int i = 0; i < 2000; i++)
                    if (client.call("SET", "k", value).startsWith("NOAUTH")) refused++;
            }
            report.is("unauthenticated: 2,000 SETs, refused", 2000, refused);
            report.atMost("unauthenticated: growth", 32, Report.mb(server.peakRss() - before), "MB");
            report.is("unauthenticated: who has logged in gets", "PONG", friend.call("PING"));
        }
    }

    /// @return how many connections were closed by the server
    private static int flood(Server server, String what, int times) throws IOException {
        int closed = 0;
        for (int i = 0; i < 300; i++) {
            try (Client client = server.connect()) {
                try {
                    for (int n = 0; n < times; n++) client.send(what);
                } catch (IOException e) {
                    closed++; // it was turned away while it still spoke
                    continue;
                }
                if (client.isClosedWithin(2000)) closed++;
            }
        }
        return closed;
    }

    private static void warm(Server server) throws IOException {
        try (Client client = server.connect()) {
            for (int i = 0; i < 2000; i++) client.call("PING");
        }
    }
}
