package dev.cinnabar.server;

import dev.cinnabar.base.Bytes;
import dev.cinnabar.resp.Request;
import dev.cinnabar.resp.RequestParser;
import dev.cinnabar.store.Database;
import dev.cinnabar.store.Kind;
import dev.cinnabar.store.Members;
import dev.cinnabar.struct.Dict;
import java.util.Arrays;

/// Some requests of one connection that were parsed and are to be run. Belongs to a loop and is used for one
/// connection after the other.
final class Batch {
    /// How many requests at the most.
    static final int SIZE = Dict.AHEAD;

    final Request[] requests = new Request[SIZE];
    final int[] ends = new int[SIZE]; // where the bytes of each end
    int count;

    /// Windows for so many words are kept.
    private static final int KEPT_WORDS = 1024;

    private final Bytes[] keys = windows(new Bytes[0], SIZE);
    private Bytes[] words = windows(new Bytes[0], 16);
    private int usedWords;
    private int usedRequests;

    Batch() {
        for (int i = 0; i < SIZE; i++) requests[i] = new Request();
    }

    private static Bytes[] windows(Bytes[] some, int count) {
        Bytes[] more = Arrays.copyOf(some, count);
        for (int i = some.length; i < count; i++) more[i] = new Bytes();
        return more;
    }

    /// Takes over the request that the parser has completed.
    void add(RequestParser parser, int end) {
        Request place = requests[count];
        Request request = parser.exchange(place);
        if (request != place) requests[count] = request;
        ends[count++] = end;
        usedRequests = Math.max(usedRequests, count);
    }

    /// Windows on the words of a request, valid until the next call.
    Bytes[] words(int i) {
        Request request = requests[i];
        int argc = request.argc();
        if (argc > words.length) words = windows(words, Math.max(argc, 2 * words.length));
        usedWords = Math.max(usedWords, argc);
        byte[] array = request.array();
        for (int k = 0; k < argc; k++) words[k].set(array, request.offset(k), request.length(k));
        return words;
    }

    /// Asks for the memory in which the first key of each request lies, or, where all of them come for one key,
    /// the elements of its value. Speed only: a second word that is no key, or a word that names no element,
    /// costs a read for nothing.
    void ahead(Database db) {
        int n = 0;
        for (int i = 0; i < count; i++) {
            Request request = requests[i];
            if (request.argc() > 1) keys[n++].set(request.array(), request.offset(1), request.length(1));
        }
        // one that is asked for all the time; whether it is the same for all is only guessed
        boolean isOne = n > 1 && keys[0].equals(keys[1]) && keys[0].equals(keys[n - 1]);
        if (isOne) aheadIn(db, keys[0]);
        else db.ahead(keys, n);
    }

    private void aheadIn(Database db, Bytes key) {
        long address = db.ahead(key);
        Members table = address == 0 ? null : db.tableAhead(address);
        if (table == null) return;
        boolean isNamedLast = db.kind(address) == Kind.ZSET_SKIPLIST; // ZADD key score member
        int n = 0;
        for (int i = 0; i < count; i++) {
            Request request = requests[i];
            int at = isNamedLast ? request.argc() - 1 : 2; // SADD key member, HSET key field value
            if (at > 1 && at < request.argc()) keys[n++].set(request.array(), request.offset(at), request.length(at));
        }
        table.ahead(keys, n);
    }

    /// Forgets the arrays in which the requests lay: somebody else's large value must not stay in memory for
    /// what is only a window on it.
    void letGo() {
        for (int i = 0; i < usedRequests; i++) {
            requests[i].letGo();
            keys[i].letGo();
        }
        for (int k = 0; k < usedWords; k++) words[k].letGo();
        if (words.length > KEPT_WORDS) words = windows(new Bytes[0], 16);
        usedRequests = 0;
        usedWords = 0;
    }
}
