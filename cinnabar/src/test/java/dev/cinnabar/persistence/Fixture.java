package dev.cinnabar.persistence;

import dev.cinnabar.base.Log;
import dev.cinnabar.base.LogLines;
import dev.cinnabar.base.TestClock;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/// A log with everything around it held by the test: the disk, the clock, the log's turns, and rewrites,
/// which run when told.
final class Fixture {
    static final Path DIR = Path.of("/data");
    static final Path AOF = DIR.resolve("appendonlydir");

    final FakeDisk disk;
    final TestClock clock = new TestClock();
    final Toy toy = new Toy();
    final List<Runnable> background = new ArrayList<>();
    long releasedTo;
    AofDirectory directory;
    LoadResult loaded;
    AppendOnlyLog log;

    Fixture(FakeDisk disk) {
        this.disk = disk;
    }

    final LogLines lines = new LogLines(Log.Level.DEBUG);
    final List<String> messages = lines.lines;

    /// Redis's own defaults, but for the policy.
    static AofSettings settings(FsyncPolicy policy) {
        return new AofSettings(policy, false, 100, 64 << 20, false);
    }

    /// Loads what is on the disk and goes on with it.
    static Fixture open(FakeDisk disk, FsyncPolicy policy) throws IOException, DamagedLog {
        return open(disk, Fixture.settings(policy));
    }

    static Fixture open(FakeDisk disk, AofSettings settings) throws IOException, DamagedLog {
        Fixture f = new Fixture(disk).load(true);
        f.log = AppendOnlyLog.resume(f.parts(settings), f.loaded);
        return f;
    }

    /// A log under `always` with a group in it, and filler behind.
    static Fixture grouped(FakeDisk disk) throws IOException, DamagedLog {
        Fixture f = open(disk, FsyncPolicy.ALWAYS);
        f.write("k", "v");
        f.log.thread.turn();
        return f;
    }

    LogParts parts(AofSettings settings) {
        return new LogParts(directory, settings, toy, this::released, clock, lines, background::add);
    }

    Fixture load(boolean mayTruncate) throws IOException, DamagedLog {
        directory = AofDirectory.open(disk, DIR, "appendonlydir", "appendonly.aof", lines);
        loaded = new AofLoader(directory, mayTruncate, toy, new LoadingProgress(), lines).load();
        return this;
    }

    private void released(long ticket) {
        releasedTo = Math.max(releasedTo, ticket);
    }

    void call(String... words) {
        toy.call(log, 0, words);
    }

    /// A SET by itself.
    ///
    /// @return the ticket of its reply
    long write(String key, String value) {
        call("SET", key, value);
        return log.commit();
    }

    /// Lets time pass and the log's thread do what is due.
    void turn(int ms) {
        clock.advance(Duration.ofMillis(ms));
        log.thread.turn();
    }

    /// Runs the rewrites that were begun.
    void runBackground() {
        List<Runnable> tasks = List.copyOf(background);
        background.clear();
        tasks.forEach(Runnable::run);
    }

    /// What a server finds that starts from this disk.
    static Map<String, String> recover(FakeDisk disk) throws IOException, DamagedLog {
        return new Fixture(disk).load(true).toy.data();
    }

    /// What is on the disk for good: what a server finds after a power cut that takes all that was not synced.
    Map<String, String> safe() throws IOException, DamagedLog {
        return recover(disk.afterPowerCut(n -> 0));
    }

    byte[] file(String name) {
        return disk.get(AOF.resolve(name));
    }

    String text(String name) {
        return new String(file(name), StandardCharsets.ISO_8859_1);
    }

    /// How long a file is without the filler behind its last checksum line.
    int length(String name) {
        byte[] file = file(name);
        int end = file.length;
        while (end > 0 && (file[end - 1] == '#' || file[end - 1] == '\n' && file[end - 2] != '\r')) end--;
        return end;
    }
}
