package dev.cinnabar.persistence;

import dev.cinnabar.base.Bytes;
import java.nio.charset.StandardCharsets;

/// Words as windows.
final class Words {
    private Words() {}

    static Bytes[] of(String... words) {
        Bytes[] argv = new Bytes[words.length];
        for (int i = 0; i < argv.length; i++) argv[i] = Bytes.of(words[i].getBytes(StandardCharsets.ISO_8859_1));
        return argv;
    }
}
