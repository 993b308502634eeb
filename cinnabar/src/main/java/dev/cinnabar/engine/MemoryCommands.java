package dev.cinnabar.engine;

import static dev.cinnabar.command.Flag.LOADING;
import static dev.cinnabar.command.Flag.READONLY;
import static dev.cinnabar.command.Flag.STALE;

import dev.cinnabar.command.Call;
import dev.cinnabar.command.Command;
import dev.cinnabar.command.CommandSpec;
import dev.cinnabar.command.Errors;
import dev.cinnabar.command.Group;
import dev.cinnabar.command.KeySpec;
import dev.cinnabar.command.Reply;
import dev.cinnabar.memory.Pages;
import dev.cinnabar.store.Database;
import dev.cinnabar.store.Store;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/// MEMORY: where the bytes are.
public enum MemoryCommands implements Command {
    DOCTOR(subcommand("MEMORY DOCTOR")
            .tips("nondeterministic_output", "request_policy:all_shards", "response_policy:special")
            .since("4.0.0")
            .complexity("O(N) for N clients")
            .summary("Says in plain words whether memory is used well.")),
    HELP(subcommand("MEMORY HELP")
            .flags(LOADING, STALE)
            .since("4.0.0")
            .complexity("O(1)")
            .summary("Answers what MEMORY can do.")),
    MALLOC_STATS(subcommand("MEMORY MALLOC-STATS")
            .tips("nondeterministic_output", "request_policy:all_shards", "response_policy:special")
            .since("4.0.0")
            .complexity("O(1)")
            .summary("Answers how the allocator and the Java heap are.")),
    PURGE(subcommand("MEMORY PURGE")
            .tips("request_policy:all_shards", "response_policy:all_succeeded")
            .since("4.0.0")
            .complexity("O(N) for N keys that were flushed, and a garbage collection")
            .summary("Frees at once what would be freed later, and has the heap collected.")),
    STATS(subcommand("MEMORY STATS")
            .tips("nondeterministic_output", "request_policy:all_shards", "response_policy:special")
            .since("4.0.0")
            .complexity("O(N) for N clients")
            .summary("Answers what memory is used for.")),
    USAGE(subcommand("MEMORY USAGE key [SAMPLES count]")
            .flags(READONLY)
            .keys(KeySpec.range("RO", 2, 0, 1))
            .since("4.0.0")
            .complexity("O(N) for N samples")
            .summary("Answers how many bytes a key takes with its value."));

    private static final long SMALL = 5 << 20; // bytes; below, ratios say nothing
    private static final long FEW_PAGES = 4L * Pages.PAGE_BYTES;
    private static final double HIGH_PEAK = 1.5;
    private static final double HIGH_FRAGMENTATION = 1.4;
    private static final long HIGH_CLIENT_BYTES = 200 << 10; // per client, on average

    private final CommandSpec spec;

    MemoryCommands(CommandSpec.Builder spec) {
        this.spec = spec.build();
    }

    private static CommandSpec.Builder subcommand(String line) {
        return CommandSpec.syntax(line).subcommand().group(Group.SERVER);
    }

    @Override
    public CommandSpec spec() {
        return spec;
    }

    @Override
    public Reply run(Call call) {
        Engine engine = ((Session) call.caller()).engine();
        return switch (this) {
            case DOCTOR -> call.reply().verbatim(diagnosis(engine));
            case HELP -> Help.answer(call, values());
            case MALLOC_STATS -> call.reply().verbatim(allocatorStats(engine));
            case PURGE -> purge(call, engine.store());
            case STATS -> stats(call, engine);
            case USAGE -> usage(call);
        };
    }

    private static Reply usage(Call call) {
        for (int i = 3; i < call.argc(); i += 2) {
            if (!call.is(i, "SAMPLES") || i + 1 == call.argc()) throw Errors.SYNTAX_REFUSAL;
            if (call.longArg(i + 1) < 0) throw Errors.SYNTAX_REFUSAL;
        }
        Database db = call.db();
        long address = db.lookup(call.key(2));
        return address == 0 ? call.reply().nil() : call.reply().integer(db.memoryUsage(address));
    }

    /// Empties what was flushed, then asks the JVM to collect and, as its collector sees fit, to give memory
    /// back.
    private static Reply purge(Call call, Store store) {
        store.freeGarbage();
        System.gc();
        return call.reply().ok();
    }

    // ---- figures ----

    private static Reply stats(Call call, Engine engine) {
        Store store = engine.store();
        Pages pages = store.pages();
        Info info = engine.info();
        ProcessFacts facts = info.processFacts();
        long clients = info.clientBytes();
        long logBuffer = engine.host().logStatus().bufferBytes();
        long used = info.usedBytes(clients + logBuffer);
        long allocated = pages.used();
        long overhead = info.overheadBytes(clients + logBuffer);
        long dataset = Math.max(0, used - overhead);
        long net = used - info.startupBytes();
        long keys = 0;
        for (int i = 0; i < store.count(); i++) keys += store.database(i).size();

        Figures figures = new Figures(call.reply());
        figures.bytes("peak.allocated", info.peakBytes());
        figures.bytes("total.allocated", used);
        figures.bytes("startup.allocated", info.startupBytes());
        figures.bytes("replication.backlog", 0);
        figures.bytes("clients.slaves", 0);
        figures.bytes("clients.normal", clients);
        figures.bytes("cluster.links", 0);
        figures.bytes("aof.buffer", logBuffer);
        figures.bytes("lua.caches", 0);
        figures.bytes("functions.caches", 0);
        for (int i = 0; i < store.count(); i++)
            if (store.database(i).size() > 0) figures.database(i, store.database(i));
        figures.bytes("overhead.total", overhead);
        figures.bytes("keys.count", keys);
        figures.bytes("keys.bytes-per-key", keys == 0 ? 0 : net / keys);
        figures.bytes("dataset.bytes", dataset);
        figures.share("dataset.percentage", net == 0 ? 0 : Math.min(100, 100.0 * dataset / net));
        figures.share("peak.percentage", used == 0 ? 0 : 100.0 * used / info.peakBytes());
        figures.bytes("allocator.allocated", allocated);
        figures.bytes("allocator.active", pages.held());
        figures.bytes("allocator.resident", facts.heapHeldBytes());
        figures.over("allocator-fragmentation", pages.held(), allocated);
        figures.over("allocator-rss", facts.heapHeldBytes(), pages.held());
        figures.over("rss-overhead", facts.residentBytes(), facts.heapHeldBytes());
        figures.share("fragmentation", used == 0 ? 0 : (double) facts.residentBytes() / used);
        figures.bytes("fragmentation.bytes", facts.residentBytes() - used);
        return figures.end();
    }

    /// Writes names and numbers, and counts them.
    private static final class Figures {
        private final Reply reply;
        private final int begin;
        private int count;

        Figures(Reply reply) {
            this.reply = reply;
            this.begin = reply.begin();
        }

        void bytes(String name, long value) {
            reply.bulk(name).integer(value);
            count++;
        }

        void share(String name, double value) {
            reply.bulk(name).decimal(String.format(Locale.ROOT, "%.4f", value));
            count++;
        }

        void over(String name, long above, long below) {
            share(name + ".ratio", below == 0 ? 0 : (double) above / below);
            bytes(name + ".bytes", above - below);
        }

        void database(int index, Database db) {
            reply.bulk("db." + index).map(2);
            reply.bulk("overhead.hashtable.main").integer(db.tableBytes());
            reply.bulk("overhead.hashtable.expires").integer(0); // the records themselves carry their time
            count++;
        }

        Reply end() {
            return reply.endMap(begin, count);
        }
    }

    // ---- words ----

    private static String diagnosis(Engine engine) {
        Pages pages = engine.store().pages();
        long used = pages.used();
        if (used < SMALL)
            return "There is hardly any data here, too little for a diagnosis. Come back when there is more.\n";

        List<String> findings = new ArrayList<>();
        if (pages.usedPeak() > used * HIGH_PEAK) {
            findings.add(
                    "At its peak the data took " + Info.human(pages.usedPeak()) + ", now it takes " + Info.human(used)
                            + ". The heap may hold on to the difference for a while; MEMORY PURGE asks it not to.");
        }
        if (pages.held() > used * HIGH_FRAGMENTATION && pages.held() - used > FEW_PAGES) {
            findings.add(
                    "Pages are full of holes: " + Info.human(pages.held()) + " are held for " + Info.human(used)
                            + " of data. Records are being moved together in the background, unless something writes all the time.");
        }
        int clients = engine.sessions().size();
        long waiting = engine.info().clientBytes();
        if (clients > 0 && waiting / clients > HIGH_CLIENT_BYTES) {
            findings.add("Clients have " + Info.human(waiting) + " waiting in buffers. CLIENT LIST tells which:"
                    + " look for qbuf and omem.");
        }
        if (findings.isEmpty()) return "Nothing to complain about: memory is used well.\n";
        return "Found " + findings.size() + " thing(s):\n\n * " + String.join("\n\n * ", findings) + "\n";
    }

    private static String allocatorStats(Engine engine) {
        Pages pages = engine.store().pages();
        ProcessFacts facts = engine.info().processFacts();
        return "blocks and tables: " + pages.used() + " bytes, at the peak " + pages.usedPeak() + "\n"
                + "pages held: " + pages.held() + " bytes, given back so far: " + pages.pagesDropped() + " pages\n"
                + "budget: " + pages.budget().reserved() + " of "
                + pages.budget().limit() + " bytes\n"
                + "being compacted: " + (pages.isCompacting() ? "yes" : "no") + "\n"
                + "Java heap: " + facts.heapUsedBytes() + " bytes in use, " + facts.heapHeldBytes() + " held, at most "
                + facts.heapMaxBytes() + "\n"
                + "collections: " + facts.collections() + " in " + facts.collectionMs() + " ms\n";
    }
}
