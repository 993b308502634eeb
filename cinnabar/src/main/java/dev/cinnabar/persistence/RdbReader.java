package dev.cinnabar.persistence;

import dev.cinnabar.base.Bytes;
import dev.cinnabar.base.Numbers;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/// Reads an RDB image, which is what Redis writes as the base of a log unless told otherwise, and gives it on as commands.
///
/// ```
///   REDIS0010                                  magic and version
///   FA name value …                            facts about the writer
///   FE db   FB keys volatile                   what follows is of this database; how many keys
///     [FC ms8 | FD s4] [F8 idle] [F9 freq]     of the next key: when it expires, how it was used
///     00 key value                             a string
///   FF crc8                                    the end
/// ```
///
/// Strings only: a key of another type is refused by name, for then the data would not be whole.
final class RdbReader {
    private static final int MAX_VERSION = 11; // Redis 7.2; strings are the same since version 1
    private static final int CHECKSUM_SINCE = 5;
    private static final int BUFFER = 1 << 20;
    private static final long NEVER = Long.MIN_VALUE;
    private static final int MAX_STRING = Integer.MAX_VALUE - 64;

    private static final int FUNCTION = 0xf5;
    private static final int MODULE = 0xf7;
    private static final int IDLE = 0xf8;
    private static final int FREQ = 0xf9;
    private static final int AUX = 0xfa;
    private static final int RESIZE = 0xfb;
    private static final int EXPIRE_MS = 0xfc;
    private static final int EXPIRE_S = 0xfd;
    private static final int SELECT = 0xfe;
    private static final int EOF = 0xff;

    private static final String[] TYPES = {
        "string", "list", "set", "zset", "hash", "zset", "module", "module", "?", "hash", "list", "set", "zset", "hash",
        "list", "stream", "hash", "zset", "list", "stream", "set", "stream"
    };

    private static final byte[] MAGIC = "REDIS".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] SET_NAME = "SET".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] PXAT_NAME = "PXAT".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] SELECT_NAME = "SELECT".getBytes(StandardCharsets.US_ASCII);

    /// Takes the commands. The windows are valid during the call.
    interface Sink {
        void command(int argc, Bytes[] argv) throws DamagedLog;
    }

    private final DiskFile file;
    private final String name;
    private final long size;
    private final Sink sink;

    private final byte[] buffer = new byte[BUFFER];
    private long bufferStart;
    private int limit;
    private int at;
    private int summed;
    private long crc;
    private boolean encodedLength; // the length read last was none but the sort of an encoding

    private final Text key = new Text();
    private final Text value = new Text();
    private final byte[] numberText = new byte[Numbers.MAX_LONG_CHARS];
    private final Bytes[] argv = {new Bytes(), new Bytes(), new Bytes(), new Bytes(), new Bytes()};

    /// A string that was read, in an array that is used again.
    private static final class Text {
        byte[] bytes = new byte[64];
        int length;

        void reserve(int n) {
            if (bytes.length < n) bytes = new byte[(int) Math.min(MAX_STRING, Math.max(n, 2L * bytes.length))];
        }
    }

    RdbReader(DiskFile file, String name, Sink sink) throws IOException {
        this.file = file;
        this.name = name;
        this.size = file.size();
        this.sink = sink;
    }

    /// Whether a file starts like an RDB image.
    static boolean isRdb(DiskFile file) throws IOException {
        ByteBuffer head = ByteBuffer.allocate(MAGIC.length);
        while (head.hasRemaining() && file.read(head, head.position()) > 0) {}
        return Arrays.equals(head.array(), MAGIC);
    }

    /// Reads the image to its end.
    ///
    /// @return the offset behind it, where a log of commands may follow
    long read() throws IOException, DamagedLog {
        int version = header();
        long expiresMs = NEVER;
        while (true) {
            long opcodeAt = offset();
            int opcode = one();
            switch (opcode) {
                case AUX -> {
                    string(key);
                    string(value);
                }
                case RESIZE -> {
                    length();
                    length();
                }
                case SELECT -> select(length());
                case EXPIRE_MS -> expiresMs = number(8);
                case EXPIRE_S -> expiresMs = (int) number(4) * 1000L;
                case IDLE -> length();
                case FREQ -> one();
                case EOF -> {
                    end(version);
                    return offset();
                }
                case 0 -> {
                    string(key);
                    string(value);
                    give(expiresMs);
                    expiresMs = NEVER;
                }
                default -> throw refused(opcode, opcodeAt);
            }
        }
    }

    private int header() throws IOException, DamagedLog {
        byte[] head = new byte[9];
        for (int i = 0; i < head.length; i++) head[i] = (byte) one();
        String text = new String(head, StandardCharsets.ISO_8859_1);
        if (!text.matches("REDIS\\d{4}")) throw new DamagedLog(name, 0, "an RDB image starts with REDIS and a version");
        int version = Integer.parseInt(text.substring(5));
        if (version < 1 || version > MAX_VERSION) {
            throw new DamagedLog(
                    name, 5, "RDB version " + version + ", but only those up to " + MAX_VERSION + " are known here");
        }
        return version;
    }

    private void select(long db) throws DamagedLog {
        argv[0].set(SELECT_NAME, 0, SELECT_NAME.length);
        argv[1].set(numberText, 0, Numbers.print(db, numberText, 0));
        sink.command(2, argv);
    }

    private void give(long expiresMs) throws DamagedLog {
        argv[0].set(SET_NAME, 0, SET_NAME.length);
        argv[1].set(key.bytes, 0, key.length);
        argv[2].set(value.bytes, 0, value.length);
        if (expiresMs != NEVER) {
            argv[3].set(PXAT_NAME, 0, PXAT_NAME.length);
            // SET takes no time before 1, which is as long over
            argv[4].set(numberText, 0, Numbers.print(Math.max(1, expiresMs), numberText, 0));
        }
        sink.command(expiresMs == NEVER ? 3 : 5, argv);
    }

    private DamagedLog refused(int opcode, long at) throws IOException, DamagedLog {
        if (opcode == FUNCTION)
            return new DamagedLog(name, at, "it holds a function library, which is not supported yet");
        if (opcode == MODULE) return new DamagedLog(name, at, "it holds data of a module");
        if (opcode >= TYPES.length) return new DamagedLog(name, at, "the opcode " + opcode + " is not known");
        string(key);
        String shown = new Bytes(key.bytes, 0, Math.min(key.length, 128)).toString();
        return new DamagedLog(
                name, at, "the key \"" + shown + "\" is a " + TYPES[opcode] + ", which is not supported yet");
    }

    private void end(int version) throws IOException, DamagedLog {
        if (version < CHECKSUM_SINCE) return;
        sumUpTo(at);
        long mine = crc;
        long there = number(8);
        if (there != 0 && there != mine) { // 0: written with rdbchecksum no
            throw new DamagedLog(
                    name, offset() - 8, String.format("the checksum is %016x, but the image has %016x", there, mine));
        }
    }

    // ---- strings and numbers ----

    private void string(Text text) throws IOException, DamagedLog {
        long start = offset();
        long length = length();
        if (!encodedLength) {
            bytes(text, length, start);
        } else if (length <= 2) {
            long number = number(1 << length);
            number = length == 0 ? (byte) number : length == 1 ? (short) number : (int) number;
            text.reserve(Numbers.MAX_LONG_CHARS);
            text.length = Numbers.print(number, text.bytes, 0);
        } else if (length == 3) {
            packed(text, start);
        } else {
            throw new DamagedLog(name, start, "a string of the encoding " + length + ", which does not exist");
        }
    }

    private void bytes(Text text, long length, long start) throws IOException, DamagedLog {
        if (length > MAX_STRING || length > size - offset())
            throw new DamagedLog(name, start, "it ends in a string of " + length + " bytes");
        text.reserve((int) length);
        text.length = (int) length;
        for (int done = 0; done < length; ) {
            if (at == limit) fill();
            int n = Math.min((int) length - done, limit - at);
            System.arraycopy(buffer, at, text.bytes, done, n);
            at += n;
            done += n;
        }
    }

    private void packed(Text text, long start) throws IOException, DamagedLog {
        long packedLength = length();
        long unpacked = length();
        // A byte of LZF makes at most 264 / 3: a length beyond that is damage, not a reason to take memory.
        if (unpacked > MAX_STRING || packedLength > size || unpacked > packedLength * 88 + 32) {
            throw new DamagedLog(name, start, "a compressed string of " + unpacked + " bytes in " + packedLength);
        }
        Text source = new Text();
        bytes(source, packedLength, start);
        text.reserve((int) unpacked);
        text.length = (int) unpacked;
        if (!Lzf.unpack(source.bytes, 0, source.length, text.bytes, text.length)) {
            throw new DamagedLog(name, start, "a compressed string that does not unpack to its length");
        }
    }

    /// Reads a length: 6, 14, 32 or 64 bits, said by the first two; or the sort of an encoding.
    private long length() throws IOException, DamagedLog {
        long start = offset();
        int first = one();
        encodedLength = first >>> 6 == 3;
        if (encodedLength || first >>> 6 == 0) return first & 63;
        if (first >>> 6 == 1) return (first & 63) << 8 | one();
        long length = switch (first) {
            case 0x80 -> Integer.toUnsignedLong(Integer.reverseBytes((int) number(4)));
            case 0x81 -> Long.reverseBytes(number(8));
            default -> -1;
        };
        if (length < 0) throw new DamagedLog(name, start, "not a length");
        return length;
    }

    /// Reads a little-endian number of up to 8 bytes.
    private long number(int bytes) throws IOException, DamagedLog {
        long number = 0;
        for (int i = 0; i < bytes; i++) number |= (long) one() << 8 * i;
        return number;
    }

    private int one() throws IOException, DamagedLog {
        if (at == limit) fill();
        return buffer[at++] & 0xff;
    }

    // ---- the buffer ----

    private long offset() {
        return bufferStart + at;
    }

    private void fill() throws IOException, DamagedLog {
        sumUpTo(limit);
        bufferStart += limit;
        at = 0;
        summed = 0;
        limit = Math.max(0, file.read(ByteBuffer.wrap(buffer), bufferStart));
        if (limit == 0) throw new DamagedLog(name, bufferStart, "the RDB image ends before its end mark");
    }

    private void sumUpTo(int end) {
        crc = Crc64.update(crc, buffer, summed, end - summed);
        summed = end;
    }
}
