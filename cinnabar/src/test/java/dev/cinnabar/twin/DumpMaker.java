package dev.cinnabar.twin;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/// DUMP and RESTORE by chance. Payloads are whole, or damaged in ways that every server notices.
final class DumpMaker {
    private static final String[] BODIES = {
        "\u0000\u0005hello",
        "\u0000\u00c1\u0039\u0030",
        "\u0001\u0002\u0001a\u0001b",
        "\u0002\u0003\u0001a\u0001b\u00017",
        "\u0002\u0002\u0001a\u0001a", // twice
        "\u0002\u0000", // empty
        "\u0003\u0002\u0001a\u00031.5\u0001b\u00fe",
        "\u0003\u0001\u0001a\u00fd", // no number
        "\u0004\u0001\u0001f\u0001v",
        "\u0005\u0001\u0001a\u0000\u0000\u0000\u0000\u0000\u0000\u00f0\u003f",
        "\u001f\u0001", // no such type
        "",
    };

    private DumpMaker() {}

    static String[] next(Random r) {
        List<String> w = new ArrayList<>();
        if (r.nextInt(4) == 0) {
            w.add("DUMP");
            w.add(key(r));
            return Values.damaged(r, w);
        }
        w.add("RESTORE");
        w.add(key(r));
        w.add(ttl(r));
        w.add(payload(r));
        for (int i = r.nextInt(4); i > 0; i--) {
            switch (r.nextInt(7)) {
                case 0, 1, 2 -> w.add("REPLACE");
                case 3 -> w.add("absttl");
                case 4 -> {
                    w.add("IDLETIME");
                    w.add(Values.pick(r, "0", "100", "-1", "x"));
                }
                case 5 -> {
                    w.add("FREQ");
                    w.add(Values.pick(r, "0", "255", "256", "-1"));
                }
                default -> w.add(Values.pick(r, "IDLETIME", "FREQ", "KEEPTTL"));
            }
        }
        return Values.damaged(r, w);
    }

    private static String key(Random r) {
        return "key" + r.nextInt(6);
    }

    private static String ttl(Random r) {
        return switch (r.nextInt(8)) {
            case 0 -> Values.pick(r, "1000000", "100000000000");
            case 1 -> "" + (System.currentTimeMillis() + 1_000_000);
            case 2 -> "-1";
            case 3 -> "9223372036854775807";
            case 4 -> "x";
            default -> "0";
        };
    }

    private static String payload(Random r) {
        byte[] body = BODIES[r.nextInt(BODIES.length)].getBytes(StandardCharsets.ISO_8859_1);
        int version = r.nextInt(20) == 0 ? 200 : 1 + r.nextInt(10);
        ByteBuffer whole = ByteBuffer.allocate(body.length + 10).order(ByteOrder.LITTLE_ENDIAN);
        whole.put(body).putShort((short) version);
        whole.putLong(crc64(whole.array(), body.length + 2) + (r.nextInt(20) == 0 ? 1 : 0));
        String text = new String(whole.array(), StandardCharsets.ISO_8859_1);
        return r.nextInt(20) == 0 ? text.substring(0, r.nextInt(10)) : text;
    }

    /// A second opinion on the checksum, bit by bit.
    private static long crc64(byte[] bytes, int length) {
        long crc = 0;
        for (int i = 0; i < length; i++) {
            crc ^= bytes[i] & 0xff;
            for (int bit = 0; bit < 8; bit++) crc = crc >>> 1 ^ ((crc & 1) != 0 ? 0x95ac9329ac4bc9b5L : 0);
        }
        return crc;
    }
}
