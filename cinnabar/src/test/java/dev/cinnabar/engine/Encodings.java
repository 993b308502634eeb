package dev.cinnabar.engine;

import java.util.stream.Stream;
import org.junit.jupiter.params.provider.Arguments;

/// Values of every way in which a string is stored, each in both versions of the protocol: arguments for the
/// tests of commands.
final class Encodings {
    private Encodings() {}

    /// The encoding's name, a value that is stored so, the version of the protocol.
    static Stream<Arguments> all() {
        return Stream.of(2, 3)
                .flatMap(protocol -> Stream.of(
                        Arguments.of("int", "1234567", protocol),
                        Arguments.of("embstr", "a short text", protocol),
                        Arguments.of("raw", "long ".repeat(30), protocol),
                        Arguments.of("raw", "a page of its own".repeat(300_000), protocol)));
    }
}
