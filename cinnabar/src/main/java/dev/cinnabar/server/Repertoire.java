package dev.cinnabar.server;

import dev.cinnabar.base.ByteBuilder;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;

/// What clients ask for all day, for a [Rehearsal] and a [WarmUp]: some of every family, thousands of times,
/// so that the JVM's notes tell which ways through the code are used.
///
/// The JIT bets that a branch which was never taken never will be, and a lost bet costs much: the code is
/// thrown away, runs in the interpreter and is compiled again with all that it calls. So everything comes in
/// all sizes that the code tells apart: keys and values short and long, numbers of one digit and of eighteen,
/// collections of one element and of thousands, requests alone and in crowds.
final class Repertoire {
    /*
     * A piece is one request, word by word. In a word,
     *   #  becomes a number: every second time one of a few, else one of many, so that some collections get large and many stay small
     *   %  becomes any number of up to 18 digits, some of them negative
     *   $  becomes text of any length
     */
    static final List<String> MOST_USUAL = List.of(
            "PING",
            "SET string:# $",
            "GET string:#",
            "SET # #",
            "GET #",
            "EXISTS string:#",
            "INCR counter:#",
            "SET volatile:# $ EX 100",
            "DEL string:#",
            "MGET string:# string:# a-key-that-is-a-little-longer:# string:# string:#",
            "HSET hash:# field:# $",
            "HGET hash:# field:#",
            "LPUSH list:# $",
            "SADD set:# member:# $",
            "ZADD zset:# # member:#",
            "EVERYTHING else:#"); // an error

    private static final List<String> OTHERS = List.of(
            "STRLEN string:#",
            "APPEND string:# #",
            "GETRANGE string:# 0 20",
            "SETRANGE string:# # x",
            "SET volatile:# $ PX 5 XX GET",
            "GETEX volatile:# PX 1000",
            "SETNX string:# #",
            "GETSET string:# $",
            "INCRBY counter:# %",
            "DECR counter:#",
            "INCRBYFLOAT float:# 0.5",
            "MSET string:# $ string:# # a-key-that-is-a-little-longer:# $ string:# # string:# #",
            "EXPIRE string:# #",
            "TTL string:#",
            "PERSIST string:#",
            "TYPE list:#",
            "UNLINK string:# volatile:#",
            "SETBIT bits:# # 1",
            "GETBIT bits:# #",
            "BITCOUNT bits:#",
            "RPUSH list:# # $ # %",
            "LRANGE list:# 0 20",
            "LINDEX list:# #",
            "LLEN list:#",
            "LPOP list:#",
            "RPOP list:# 3",
            "LMPOP 2 list:# list:# LEFT",
            "LMOVE list:# list:# LEFT RIGHT",
            "LREM list:1# 1 1",
            "HSET hash:# field:# # field:# $ # #",
            "HMGET hash:# field:# field:#",
            "HGETALL hash:1#",
            "HINCRBY hash:# # #",
            "HDEL hash:# field:#",
            "HEXISTS hash:# field:#",
            "HLEN hash:#",
            "SADD set:# #",
            "SISMEMBER set:# member:#",
            "SREM set:# member:#",
            "SCARD set:#",
            "SPOP set:#",
            "SRANDMEMBER set:#",
            "SINTER set:1# set:1#",
            "SMEMBERS set:1#",
            "ZADD zset:# 0.% member:# # $",
            "ZINCRBY zset:# # member:#",
            "ZRANGEBYSCORE zset:# # +inf LIMIT 0 10",
            "ZRANGE zset:# 0 10 WITHSCORES",
            "ZREVRANGE zset:# 0 5",
            "ZSCORE zset:# member:#",
            "ZRANK zset:# member:#",
            "ZREM zset:# member:#",
            "ZPOPMIN zset:#",
            "ZCARD zset:#",
            "XADD stream:# * field $",
            "XADD events:# * field #", // nodes that are full by their entries, not by their bytes
            "XADD stream:# MAXLEN ~ 1000 * field # other $",
            "XRANGE stream:# - + COUNT 10",
            "XREVRANGE stream:# + - COUNT 10",
            "XREAD COUNT 10 STREAMS stream:# 0",
            "XLEN stream:#",
            "PFADD visitors:# $ #",
            "PFCOUNT visitors:#",
            "GEOADD places:# 13.# 52.# place:#",
            "GEOSEARCH places:# FROMLONLAT 13.4 52.5 BYRADIUS 10 km ASC COUNT 10",
            "PUBLISH news $",
            "SCAN # COUNT 10",
            "SCARD hash:#", // another, where the hash is there
            // all of a pipeline come for one key, which may hold very much
            "INCR visits",
            "LPUSH jobs $",
            "XADD news * field $",
            "SADD everybody" + " %$".repeat(4),
            "HSET everything" + " %$ $".repeat(4),
            "ZADD ranking" + " % %$".repeat(4));

    static final List<String> ALL =
            Stream.concat(MOST_USUAL.stream(), OTHERS.stream()).toList();

    /// What is asked for when there is somebody to look at it: `redis-cli` when it connects, and monitors.
    static final List<String> LOOKS = List.of("COMMAND DOCS", "INFO everything", "MEMORY STATS");

    private static final int[] DEPTHS = {16, 1, 128}; // requests of one connection at once
    private static final int FEW = 10;
    private static final int MANY = 20_000;
    private static final int[] LENGTHS = {0, 1, 3, 8, 16, 16, 32, 32, 64, 100, 200, 400};
    private static final int LONG_TEXT = 5000;
    private static final int LONG_TEXT_IN = 100; // one text of so many is long

    private static final byte[] END_MARK = ascii("?that-was-all");
    private static final byte[][] END = {ascii("ECHO"), END_MARK};

    private final List<SocketChannel> clients;
    private final byte[][][] pieces; // their words
    private final Random random = new Random(1); // the same notes every time
    private final byte[] text = new byte[LONG_TEXT];
    private final ByteBuilder requests = new ByteBuilder();
    private final ByteBuilder word = new ByteBuilder();
    private final ByteBuffer answers = ByteBuffer.allocate(1 << 14);

    /// @param clients blocking connections to the server
    /// @param pieces  what is played: [#ALL], or [#MOST_USUAL], which is enough to warm up what all of them
    ///                need, or [#LOOKS]
    Repertoire(List<SocketChannel> clients, List<String> pieces) {
        this.clients = clients;
        this.pieces = new byte[pieces.size()][][];
        for (int i = 0; i < this.pieces.length; i++) {
            String[] words = pieces.get(i).split(" ");
            this.pieces[i] = new byte[words.length][];
            for (int k = 0; k < words.length; k++) this.pieces[i][k] = ascii(words[k]);
        }
        Arrays.fill(text, (byte) 'x');
    }

    private static byte[] ascii(String word) {
        return word.getBytes(StandardCharsets.US_ASCII);
    }

    /// Plays every piece by itself, on all connections at the same time.
    ///
    /// @param requestsOfPiece so many of each piece at each depth of the pipeline
    void playInTurn(int requestsOfPiece) throws IOException {
        for (int depth : DEPTHS) {
            for (byte[][] piece : pieces) {
                for (int sent = 0; sent < requestsOfPiece; sent += depth * clients.size()) {
                    for (SocketChannel client : clients) {
                        for (int i = 0; i < depth; i++) add(piece);
                        send(client);
                    }
                    for (SocketChannel client : clients) readAll(client);
                }
            }
        }
    }

    /// Plays pieces at random.
    ///
    /// @param requests how many, about
    void playMixed(int requests) throws IOException {
        for (int sent = 0; sent < requests; ) {
            int depth = 1 + random.nextInt(24);
            for (SocketChannel client : clients) {
                for (int i = 0; i < depth; i++) add(pieces[random.nextInt(pieces.length)]);
                send(client);
            }
            for (SocketChannel client : clients) readAll(client);
            sent += depth * clients.size();
        }
    }

    private void add(byte[][] words) {
        requests.append('*').append(words.length).appendCrlf();
        for (byte[] template : words) {
            fill(template);
            requests.append('$').append(word.length()).appendCrlf();
            requests.append(word.array(), 0, word.length()).appendCrlf();
        }
    }

    private void fill(byte[] template) {
        word.clear();
        for (byte b : template) {
            switch (b) {
                case '#' -> word.append(someNumber());
                case '%' -> word.append(anyNumber(template.length == 1));
                case '$' -> word.append(text, 0, someLength());
                default -> word.append(b);
            }
        }
    }

    private long someNumber() {
        return random.nextInt(random.nextBoolean() ? FEW : MANY);
    }

    private long anyNumber(boolean mayBeNegative) {
        long number = random.nextLong() >>> 5 + random.nextInt(58);
        return mayBeNegative && random.nextInt(4) == 0 ? -number : number;
    }

    private int someLength() {
        if (random.nextInt(LONG_TEXT_IN) == 0) return LONG_TEXT;
        return LENGTHS[random.nextInt(LENGTHS.length)];
    }

    private void send(SocketChannel client) throws IOException {
        add(END);
        ByteBuffer all = ByteBuffer.wrap(requests.array(), 0, requests.length());
        while (all.hasRemaining()) client.write(all);
        requests.clear();
    }

    /// Reads up to the echo of the mark.
    private void readAll(SocketChannel client) throws IOException {
        int seen = 0;
        while (seen < END_MARK.length) {
            if (client.read(answers.clear()) < 0) throw new IOException("the server hung up");
            for (answers.flip(); answers.hasRemaining() && seen < END_MARK.length; ) {
                byte b = answers.get();
                if (b == END_MARK[seen]) seen++;
                else seen = b == END_MARK[0] ? 1 : 0;
            }
        }
    }
}
