package dev.cinnabar.persistence;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RealDiskTest {
    @TempDir
    private Path dir;

    @Test
    void an_interrupt_neither_closes_the_file_nor_gets_lost() throws Exception {
        Disk disk = Disk.real();
        try (DiskFile file = disk.create(dir.resolve("f"))) {
            for (int i = 0; i < 100; i++) {
                Thread.currentThread().interrupt();
                file.write(ByteBuffer.wrap(new byte[] {(byte) i}), i);
                assertThat(Thread.interrupted()).isTrue();
                Thread.currentThread().interrupt();
                file.sync();
                assertThat(Thread.interrupted()).isTrue();
            }
            assertThat(file.size()).isEqualTo(100);
        }
        assertThat(Files.readAllBytes(dir.resolve("f")))
                .hasSize(100)
                .contains(99)
                .startsWith(0, 1, 2);
    }

    @Test
    void an_interrupt_neither_keeps_a_directory_from_the_disk_nor_hides_the_size_of_a_file() throws Exception {
        Disk disk = Disk.real();
        try (DiskFile file = disk.create(dir.resolve("f"))) {
            file.write(ByteBuffer.wrap(new byte[3]), 0);
            Thread.currentThread().interrupt();
            disk.syncDirectory(dir);
            assertThat(file.size()).isEqualTo(3);
            file.truncate(2);
            assertThat(file.size()).isEqualTo(2);
            assertThat(Thread.interrupted()).isTrue();
        } finally {
            Thread.interrupted(); // the next test is not meant
        }
    }

    @Test
    void interrupts_in_the_middle_of_writing_and_syncing_lose_nothing() throws Exception {
        Disk disk = Disk.real();
        int blocks = 300;
        byte[] block = new byte[64 << 10];
        for (int i = 0; i < block.length; i++) block[i] = (byte) (i * 31);
        try (DiskFile file = disk.create(dir.resolve("f"))) {
            Thread writer = new Thread(() -> {
                try {
                    for (int i = 0; i < blocks; i++) {
                        ByteBuffer source = ByteBuffer.wrap(block);
                        while (source.hasRemaining()) file.write(source, (long) i * block.length + source.position());
                        if (i % 10 == 0) file.sync();
                    }
                } catch (IOException e) {
                    throw new AssertionError(e);
                }
            });
            writer.start();
            while (writer.isAlive()) {
                writer.interrupt();
                Thread.yield();
            }
            assertThat(file.size()).isEqualTo((long) blocks * block.length);
        }
        byte[] written = Files.readAllBytes(dir.resolve("f"));
        for (int i = 0; i < written.length; i++)
            assertThat(written[i] == block[i % block.length]).isTrue();
    }

    @Test
    void the_names_in_a_missing_directory_are_none() throws Exception {
        assertThat(Disk.real().list(dir.resolve("nothing"))).isEmpty();
    }
}
