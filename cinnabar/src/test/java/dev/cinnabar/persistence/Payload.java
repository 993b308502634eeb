package dev.cinnabar.persistence;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/// Bytes in RDB encoding, put together by hand, and the footer that RESTORE wants. Texts are bytes, one char
/// each.
final class Payload {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    static Payload of(int... bytes) {
        return new Payload().bytes(bytes);
    }

    Payload bytes(int... bytes) {
        for (int b : bytes) out.write(b);
        return this;
    }

    Payload raw(byte[] bytes) {
        out.writeBytes(bytes);
        return this;
    }

    Payload raw(String text) {
        return raw(text.getBytes(StandardCharsets.ISO_8859_1));
    }

    Payload string(byte[] bytes) {
        int n = bytes.length;
        if (n < 64) bytes(n);
        else if (n < 1 << 14) bytes(0x40 | n >> 8, n);
        else bytes(0x80, n >> 24, n >> 16, n >> 8, n);
        return raw(bytes);
    }

    Payload string(String text) {
        return string(text.getBytes(StandardCharsets.ISO_8859_1));
    }

    Payload score(double score) {
        return raw(little(Long.BYTES).putDouble(score).array());
    }

    byte[] toBytes() {
        return out.toByteArray();
    }

    /// With version and checksum, as text.
    String sealed() {
        return seal(toBytes(), 10);
    }

    static String seal(byte[] body, int version) {
        byte[] whole = new Payload().raw(body).bytes(version, version >> 8).toBytes();
        long crc = Crc64.update(0, whole, 0, whole.length);
        byte[] sealed =
                new Payload().raw(whole).raw(little(8).putLong(crc).array()).toBytes();
        return new String(sealed, StandardCharsets.ISO_8859_1);
    }

    static byte[] body(String payload) {
        byte[] bytes = payload.getBytes(StandardCharsets.ISO_8859_1);
        return Arrays.copyOf(bytes, bytes.length - 10);
    }

    static ByteBuffer little(int bytes) {
        return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    /// A ziplist of these texts, numbers as numbers.
    static byte[] ziplist(String... entries) {
        Payload body = new Payload();
        int previous = 0;
        int last = 10;
        for (String entry : entries) {
            Payload one = new Payload();
            if (previous < 254) one.bytes(previous);
            else one.bytes(254).raw(little(4).putInt(previous).array());
            one.ziplistData(entry);
            last = 10 + body.out.size();
            previous = one.out.size();
            body.raw(one.toBytes());
        }
        int total = 10 + body.out.size() + 1;
        byte[] head = little(10)
                .putInt(total)
                .putInt(last)
                .putShort((short) entries.length)
                .array();
        return new Payload().raw(head).raw(body.toBytes()).bytes(0xff).toBytes();
    }

    private void ziplistData(String entry) {
        if (entry.matches("-?\\d{1,18}")) {
            long n = Long.parseLong(entry);
            if (n >= 0 && n <= 12) bytes(0xf1 + (int) n);
            else if (n == (byte) n) bytes(0xfe, (int) n);
            else if (n == (short) n)
                bytes(0xc0).raw(little(2).putShort((short) n).array());
            else if (n >= -(1 << 23) && n < 1 << 23) bytes(0xf0, (int) n, (int) n >> 8, (int) n >> 16);
            else if (n == (int) n) bytes(0xd0).raw(little(4).putInt((int) n).array());
            else bytes(0xe0).raw(little(8).putLong(n).array());
            return;
        }
        int length = entry.length();
        if (length < 64) bytes(length);
        else if (length < 1 << 14) bytes(0x40 | length >> 8, length);
        else bytes(0x80, length >> 24, length >> 16, length >> 8, length);
        raw(entry);
    }

    /// A zipmap of fields and values, with a byte free behind every value.
    static byte[] zipmap(String... entries) {
        Payload map = of(entries.length / 2);
        for (int i = 0; i < entries.length; i++) {
            int length = entries[i].length();
            if (length < 254) map.bytes(length);
            else map.bytes(254).raw(little(4).putInt(length).array());
            if (i % 2 == 1) map.bytes(1);
            map.raw(entries[i]);
            if (i % 2 == 1) map.bytes('!');
        }
        return map.bytes(0xff).toBytes();
    }

    /// A stream as Redis 5 wrote it (15), or 7.2 (21), made from how 7.0 does (19). None of its strings is a
    /// number.
    static byte[] stream(int type, byte[] of19) {
        ByteBuffer from = ByteBuffer.wrap(of19).position(1);
        Payload to = of(type);
        for (long i = to.copyLength(from); i > 0; i--) to.copyString(from).copyString(from);
        for (int i = 0; i < 3; i++) to.copyLength(from); // how many entries; the last id
        Payload since7 = type == 15 ? new Payload() : to;
        for (int i = 0; i < 5; i++)
            since7.copyLength(from); // the first id, the largest deleted one, how many were added
        for (long groups = to.copyLength(from); groups > 0; groups--) {
            to.copyString(from);
            for (int i = 0; i < 2; i++) to.copyLength(from); // the last id
            since7.copyLength(from); // how many entries were read
            for (long i = to.copyLength(from); i > 0; i--) {
                to.copy(from, 24); // id and time of delivery
                to.copyLength(from);
            }
            for (long consumers = to.copyLength(from); consumers > 0; consumers--) {
                to.copyString(from).copy(from, 8); // when it was seen
                if (type == 21) to.raw(new byte[8]); // when it was active
                for (long i = to.copyLength(from); i > 0; i--) to.copy(from, 16);
            }
        }
        return to.toBytes();
    }

    private Payload copy(ByteBuffer from, int bytes) {
        for (int i = 0; i < bytes; i++) out.write(from.get());
        return this;
    }

    private Payload copyString(ByteBuffer from) {
        if ((from.get(from.position()) & 0xff) != 0xc3) return copy(from, (int) copyLength(from));
        copy(from, 1); // compressed
        int bytes = (int) copyLength(from);
        copyLength(from); // as it was
        return copy(from, bytes);
    }

    private long copyLength(ByteBuffer from) {
        int at = from.position();
        int first = from.get() & 0xff;
        long length = switch (first) {
            case 0x80 -> from.getInt() & 0xffff_ffffL;
            case 0x81 -> from.getLong();
            default -> first < 64 ? first : (first & 63) << 8 | from.get() & 0xff;
        };
        out.write(from.array(), at, from.position() - at);
        return length;
    }

    /// A listpack of short texts, as they are, numbers as texts too.
    static byte[] listpack(String... entries) {
        Payload body = new Payload();
        for (String entry : entries)
            body.bytes(0x80 | entry.length()).raw(entry).bytes(1 + entry.length());
        int total = 6 + body.out.size() + 1;
        byte[] head = little(6).putInt(total).putShort((short) entries.length).array();
        return new Payload().raw(head).raw(body.toBytes()).bytes(0xff).toBytes();
    }
}
