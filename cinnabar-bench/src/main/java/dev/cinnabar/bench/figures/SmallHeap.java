package dev.cinnabar.bench.figures;

import java.io.IOException;
import java.nio.file.Files;
import java.util.Map;

/// What happens in a heap of 256 MB when somebody asks for more?
final class SmallHeap {
    private static final int KEYS = 1000;
    private static final int MB = 1 << 20;

    private SmallHeap() {}

    public static void main(String[] commands) throws IOException {
        Report report = new Report("smallheap: -Xmx256m");
        Map<String, String> heap = Map.of("CINNABAR_HEAP", "256m");
        try (Server server = Server.start(commands[0], Files.createTempDirectory("cinnabar-figures"), true, heap);
                Client client = server.connect()) {
            for (int i = 0; i < KEYS; i++) client.add("SET", "key:" + i, "value:" + i);
            client.flush();
            report.is("SETRANGE to 512 MB", "OOM", kind(client.call("SETRANGE", "range", "536870911", "x")));
            client.send("*3\r\n$3\r\nSET\r\n$4\r\nbulk\r\n$536870912\r\n");
            byte[] part = new byte[MB];
            for (int i = 0; i < 512; i++) client.send(part);
            client.send("\r\n");
            report.is("a bulk of 512 MB", "OOM", kind(client.read()));
            String more = "x".repeat(MB);
            String answer = "";
            int appends = 0;
            while (!answer.startsWith("OOM") && appends++ < 600) answer = client.call("APPEND", "appended", more);
            report.is("APPEND of 1 MB, over and over", "OOM", kind(answer));
            report.note("  went well so many times", appends - 1, "");
            int intact = 0;
            for (int i = 0; i < KEYS; i++) if (client.call("GET", "key:" + i).equals("value:" + i)) intact++;
            report.is("other keys that are intact", KEYS, intact);
            report.is("keys", Integer.toString(KEYS + (appends > 1 ? 1 : 0)), client.call("DBSIZE"));
        }
        report.end();
    }

    private static String kind(String reply) {
        int blank = reply.indexOf(' ');
        return blank < 0 ? reply : reply.substring(0, blank);
    }
}
