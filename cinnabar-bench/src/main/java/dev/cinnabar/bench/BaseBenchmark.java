package dev.cinnabar.bench;

import dev.cinnabar.base.Hash;
import dev.cinnabar.base.Numbers;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/// What every command pays on the ground floor: one hash of its key, and, for counters, a number read and
/// printed.
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class BaseBenchmark {
    private static final int INPUTS = 1024; // a power of two; enough that the branch predictor cannot learn them all

    private final byte[][] keys = new byte[INPUTS][];
    private final byte[][] numbers = new byte[INPUTS][];
    private int next;

    @Setup
    public void fillInputs() {
        Random random = new Random(1);
        for (int i = 0; i < INPUTS; i++) {
            keys[i] = String.format("key:%07d", random.nextInt(10_000_000)).getBytes(StandardCharsets.US_ASCII);
            numbers[i] = Long.toString(random.nextLong() >> random.nextInt(64)).getBytes(StandardCharsets.US_ASCII);
        }
    }

    @Benchmark
    public long hash_of_an_11_byte_key() {
        byte[] key = keys[next++ & (INPUTS - 1)];
        return Hash.of(key, 0, key.length, 42);
    }

    @Benchmark
    public long check_and_parse_a_number() {
        byte[] number = numbers[next++ & (INPUTS - 1)];
        return Numbers.isLong(number, 0, number.length) ? Numbers.parse(number, 0, number.length) : 0;
    }
}
