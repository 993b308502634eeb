package dev.cinnabar.bench.figures;

import java.io.BufferedReader;
import java.io.IOException;
import java.util.List;

/// How many writes does a server acknowledge when each has to be on disk first, and 50 clients wait for that?
///
/// Both servers run all the time; short runs of `redis-benchmark` go to one and the other in turn, so that a
/// disk that changes its mind changes it for both. The disk is the one of the folder for temporary files
/// (`java.io.tmpdir`). A third server, ours without any log, says how much there is to be had on this
/// machine, where the client program needs a core.
final class Always {
    private static final int CLIENTS = 50;
    private static final int REQUESTS = 40_000;
    private static final int WARM_PAIRS = 2;
    private static final int PAIRS = 9;

    private Always() {}

    public static void main(String[] commands) throws IOException {
        Report report = new Report("always: " + CLIENTS + " clients, appendfsync always");
        double[] ours = new double[PAIRS];
        double[] theirs = new double[PAIRS];
        double[] ratios = new double[PAIRS];
        double[] most = new double[PAIRS];
        String[] log = {"--appendonly", "yes", "--appendfsync", "always", "--auto-aof-rewrite-percentage", "0"};
        try (Server here = Server.start(commands[0], log);
                Server there = Server.start(commands[1], log);
                Server free = Server.start(commands[0])) {
            for (int i = -WARM_PAIRS; i < PAIRS; i++) {
                double our = requestsPerSecond(here);
                double their = requestsPerSecond(there);
                double without = requestsPerSecond(free);
                if (i < 0) continue;
                ours[i] = our;
                theirs[i] = their;
                ratios[i] = our / their;
                most[i] = without / their;
            }
        }
        report.note("acknowledged, median of " + PAIRS, Report.median(ours), "/s");
        report.note("by the peer", Report.median(theirs), "/s");
        report.atLeast("relative to the peer, median of pairs", 2, Report.median(ratios), "x");
        report.note("without any log, relative to the peer", Report.median(most), "x");
        report.end();
    }

    private static double requestsPerSecond(Server server) throws IOException {
        List<String> command = List.of(
                "redis-benchmark",
                "-p",
                "" + server.port(),
                "-c",
                "" + CLIENTS,
                "-n",
                "" + REQUESTS,
                "-r",
                "100000",
                "-t",
                "set",
                "--csv");
        Process benchmark = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        String last = "";
        try (BufferedReader lines = benchmark.inputReader()) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) last = line;
        }
        String[] columns = last.replace("\"", "").split(",");
        if (columns.length < 2 || !columns[0].equals("SET")) throw new IOException("redis-benchmark said: " + last);
        return Double.parseDouble(columns[1]);
    }
}
