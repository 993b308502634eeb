package dev.cinnabar.engine;

import dev.cinnabar.base.Bytes;
import dev.cinnabar.base.Doubles;
import dev.cinnabar.store.Database;
import dev.cinnabar.store.HashValue;
import dev.cinnabar.store.Store;
import dev.cinnabar.store.StreamEntries;
import dev.cinnabar.store.StreamValue;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/// The fingerprint of a data set that DEBUG DIGEST answers: the same for the same data, in whatever order it
/// was written, and the same as Redis's.
///
/// ```
///    x := digest ⊕ sha1(bytes)            "add": the order does not matter
///    x := sha1(digest ⊕ sha1(bytes))      "mix": the order does matter
///
///    content  = mix(text) of a string, of each element of a list; add(member) of a set; add(mix(field), mix(value)) of a hash
///    value    = mix(type number), content, and add("!!expire!!") if the key is volatile
///    key      = mix(name), then value
///    database = mix(its number) once, then add(key) for each
/// ```
final class Digest {
    private static final int BYTES = 20;
    private static final byte[] EXPIRES = "!!expire!!".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] FIELD_EXPIRES = "!!hexpire!!".getBytes(StandardCharsets.US_ASCII);
    private static final int STRING = 0; // Redis's numbers of the types
    private static final int LIST = 1;
    private static final int SET = 2;
    private static final int ZSET = 3;
    private static final int HASH = 4;
    private static final int STREAM = 6;

    private final MessageDigest sha1;
    private byte[] state = new byte[BYTES];

    Digest() {
        try {
            sha1 = MessageDigest.getInstance("SHA-1");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-1", e);
        }
    }

    /// All keys of all databases. O(n).
    static String of(Store store) {
        Digest all = new Digest();
        for (int i = 0; i < store.count(); i++) {
            Database db = store.database(i);
            if (db.size() > 0) all.addDatabase(i, db);
        }
        return all.hex();
    }

    /// The value under a key; all zeros when there is none.
    static String ofValue(Database db, Bytes key) {
        Digest digest = new Digest();
        long address = db.lookup(key);
        if (address != 0) digest.mixValue(db, address);
        return digest.hex();
    }

    private void addDatabase(int index, Database db) {
        mixNumber(index);
        Bytes name = new Bytes();
        long position = 0;
        do {
            position = db.scan(position, address -> {
                if (!db.isLive(address)) return;
                Digest one = new Digest();
                one.mix(db.key(address, name));
                one.mixValue(db, address);
                add(one.state, 0, BYTES);
            });
        } while (position != 0);
    }

    private void mixValue(Database db, long address) {
        switch (db.kind(address).type()) {
            case "list" -> {
                mixNumber(LIST);
                db.listImage(address).forEach(element -> {
                    mix(element.bytes());
                    return true;
                });
            }
            case "set" -> {
                mixNumber(SET);
                db.setImage(address).forEach(member -> {
                    Bytes text = member.bytes();
                    add(text.array(), text.offset(), text.length());
                    return true;
                });
            }
            case "hash" -> {
                mixNumber(HASH);
                HashValue hash = db.hashImage(address);
                hash.forEach((field, value) -> {
                    if (hash.isExpired()) return;
                    Digest one = new Digest();
                    one.mix(field.bytes());
                    one.mix(value.bytes());
                    if (hash.expiryMs() != Database.NO_EXPIRY) one.add(FIELD_EXPIRES, 0, FIELD_EXPIRES.length);
                    add(one.state, 0, BYTES);
                });
            }
            case "zset" -> {
                mixNumber(ZSET);
                db.zsetImage(address).forEach((member, score) -> {
                    Digest one = new Digest();
                    one.mix(member.bytes());
                    one.mix(Bytes.of(Doubles.print(score)));
                    add(one.state, 0, BYTES);
                });
            }
            case "stream" -> {
                mixNumber(STREAM);
                mixStream(db, address);
            }
            default -> {
                mixNumber(STRING);
                mix(db.string(address).bytes());
            }
        }
        if (db.expiryMs(address) != Database.NO_EXPIRY) add(EXPIRES, 0, EXPIRES.length);
    }

    /// Entries only: their ids, written with a dot, then names and values. What groups remember does not
    /// count.
    private void mixStream(Database db, long address) {
        StreamValue stream = db.stream(address);
        if (stream == null) return;
        StreamEntries entries = new StreamEntries().of(stream);
        while (entries.next()) {
            mix(Bytes.of(Long.toUnsignedString(entries.ms()) + '.' + Long.toUnsignedString(entries.seq())));
            for (long i = entries.fields(); i > 0; i--) {
                mix(entries.name().bytes());
                mix(entries.value().bytes());
            }
        }
    }

    private void mixNumber(int number) {
        mix(Bytes.of(ByteBuffer.allocate(Integer.BYTES).putInt(number).array()));
    }

    private void add(byte[] bytes, int offset, int length) {
        sha1.update(bytes, offset, length);
        byte[] hash = sha1.digest();
        for (int i = 0; i < BYTES; i++) state[i] ^= hash[i];
    }

    private void mix(Bytes bytes) {
        add(bytes.array(), bytes.offset(), bytes.length());
        state = sha1.digest(state);
    }

    private String hex() {
        return HexFormat.of().formatHex(state);
    }
}
