package dev.cinnabar.server;

import dev.cinnabar.base.Randomness;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.security.SecureRandom;

/// Chance that nobody can guess, from the operating system.
final class Entropy {
    private static final int BYTES = 2 * Long.BYTES;

    private Entropy() {}

    /// A generator that is different each time. Does not wait.
    static Randomness randomness() {
        ByteBuffer seeds = ByteBuffer.wrap(seeds());
        return new Randomness(seeds.getLong(), seeds.getLong());
    }

    /// `SecureRandom` reads the same device, once it has loaded 35 ms worth of classes (measured, JDK 17 and
    /// 25): that is for machines without one. A stream and no channel, which an interrupt would close.
    private static byte[] seeds() {
        try (InputStream device = new FileInputStream("/dev/urandom")) {
            byte[] seeds = device.readNBytes(BYTES);
            if (seeds.length == BYTES) return seeds;
        } catch (IOException e) {
            // there is none
        }
        byte[] seeds = new byte[BYTES];
        new SecureRandom().nextBytes(seeds);
        return seeds;
    }
}
