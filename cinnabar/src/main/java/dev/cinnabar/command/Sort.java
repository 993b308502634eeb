package dev.cinnabar.command;

import dev.cinnabar.base.ByteBuilder;
import dev.cinnabar.base.Bytes;
import dev.cinnabar.base.Doubles;
import dev.cinnabar.base.PartialSort;
import dev.cinnabar.base.Texts;
import dev.cinnabar.store.Database;
import dev.cinnabar.store.ListResult;
import dev.cinnabar.store.ListValue;
import dev.cinnabar.store.SetValue;
import dev.cinnabar.store.ZsetValue;
import dev.cinnabar.struct.Listpack;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// SORT and SORT_RO: the elements of a list, set or sorted set, in the order of themselves or of values under
/// other keys, answered or stored as a list. One object for one call.
final class Sort {
    /*
     * The elements are copied first, then each gets what it is compared by, then they are sorted, cut and
     * followed to what GET asks for:
     *
     *      SORT ids BY age_* GET # GET user_*->name
     *
     *      ids   7 ──► age_7   = "31"     ──►  7, user_7 -> name
     *            9 ──► age_9   = "28"     ──►  9, user_9 -> name
     *
     * The order is total: what compares as equal is ordered by the elements' bytes. So a SORT … STORE in the
     * log gives the same list wherever it is replayed. Redis does so for numbers; with BY and ALPHA it leaves
     * the order of equals to its C library.
     *
     * The copies lie one behind the other in a few arrays, and what is sorted is a number for each: the
     * double that it is compared by, or eight bytes of the text, those behind what all texts begin with.
     * Texts are compared where these numbers are the same. Only what LIMIT leaves is put in order. All that
     * lies outside of the counted memory, as long as the call lasts; a heap that is too small for it refuses
     * the call.
     */

    private static final int NONE = 0;
    private static final byte STAR = '*';
    private static final byte[] EMPTY = {};
    private static final long[] NO_ELEMENTS = {};

    private final Call call;
    private final boolean mayStore;
    private @Nullable Pattern by;
    private boolean isSorted = true;
    private boolean isAlpha;
    private boolean isDescending;
    private long offset;
    private long most = -1; // negative for all
    private int storeAt = NONE; // index of the argument
    private final List<Pattern> gets = new ArrayList<>();
    private final Texts texts = new Texts(); // elements, and what ALPHA compares them by
    private final Bytes element = new Bytes(); // lent, as the next three
    private final Bytes field = new Bytes();
    private final Bytes key = new Bytes();
    private final Bytes digits = new Bytes();
    private final ByteBuilder keyText = new ByteBuilder();

    private Sort(Call call, boolean mayStore) {
        this.call = call;
        this.mayStore = mayStore;
    }

    /// @param mayStore whether STORE is an option
    static Reply run(Call call, boolean mayStore) {
        Sort sort = new Sort(call, mayStore);
        sort.options();
        long[] elements = sort.elements();
        return sort.storeAt == NONE ? sort.answer(elements) : sort.store(elements);
    }

    /// The key that is sorted, and the one behind the last STORE.
    static void findKeys(Arguments arguments, KeySpec.KeyVisitor visitor) {
        int storeAt = NONE;
        for (int i = 2; i < arguments.argc(); i++) {
            Bytes word = arguments.arg(i);
            if (word.isWord("LIMIT")) i += 2;
            else if (word.isWord("GET") || word.isWord("BY")) i++;
            else if (word.isWord("STORE") && i + 1 < arguments.argc()) storeAt = ++i;
        }
        List<KeySpec> specs = KeyCommands.SORT.spec().keys();
        visitor.key(1, specs.get(0));
        if (storeAt != NONE) visitor.key(storeAt, specs.get(2));
    }

    // ---- the words ----

    private void options() {
        for (int i = 2; i < call.argc(); i++) {
            int more = call.argc() - 1 - i;
            if (call.is(i, "ASC")) isDescending = false;
            else if (call.is(i, "DESC")) isDescending = true;
            else if (call.is(i, "ALPHA")) isAlpha = true;
            else if (more >= 2 && call.is(i, "LIMIT")) limit((i += 2) - 1);
            else if (more >= 1 && mayStore && call.is(i, "STORE")) storeAt = ++i;
            else if (more >= 1 && call.is(i, "BY")) by(++i);
            else if (more >= 1 && call.is(i, "GET")) gets.add(Pattern.of(call.arg(++i)));
            else throw Errors.SYNTAX_REFUSAL;
        }
    }

    private void limit(int at) {
        offset = Math.max(0, call.longArg(at));
        most = call.longArg(at + 1);
    }

    /// A pattern that leads nowhere else says that nothing is to be sorted.
    private void by(int at) {
        by = Pattern.of(call.arg(at));
        if (!by.hasStar()) isSorted = false;
    }

    /// What BY and GET say: a key with the element in the place of the star, perhaps a field of the hash
    /// there.
    ///
    /// @param prefix    before the star
    /// @param suffix    behind it
    /// @param field     empty for a string
    /// @param isElement whether it is `#`, the element itself
    private record Pattern(byte[] prefix, byte[] suffix, byte[] field, boolean isElement, boolean hasStar) {
        static Pattern of(Bytes text) {
            boolean isElement = text.length() == 1 && text.at(0) == '#';
            int star = 0;
            while (star < text.length() && text.at(star) != STAR) star++;
            if (star == text.length()) return new Pattern(EMPTY, EMPTY, EMPTY, isElement, false);
            int end = arrow(text, star + 1);
            byte[] bytes = text.copy();
            byte[] field = end == bytes.length ? EMPTY : slice(bytes, end + 2, bytes.length);
            return new Pattern(slice(bytes, 0, star), slice(bytes, star + 1, end), field, false, true);
        }

        /// Where the first `->` is that has something behind it: the end if there is none.
        private static int arrow(Bytes text, int from) {
            for (int i = from; i + 1 < text.length(); i++) {
                if (text.at(i) == '-' && text.at(i + 1) == '>') return i + 2 < text.length() ? i : text.length();
            }
            return text.length();
        }

        private static byte[] slice(byte[] bytes, int from, int to) {
            return Bytes.of(bytes).set(bytes, from, to - from).copy();
        }
    }

    /// What a pattern leads to, or null. Borrowed.
    private @Nullable Bytes follow(Pattern pattern, Bytes element) {
        if (pattern.isElement) return element;
        if (!pattern.hasStar) return null;
        Database db = call.db();
        Bytes key = key(pattern, element);
        long address = call.lookupRead(key);
        if (address == 0) return null;
        if (pattern.field.length == 0)
            return db.kind(address).isString() ? db.string(address).bytes() : null;
        if (!db.kind(address).type().equals("hash")) return null;
        Listpack.Entry value = db.hash(key, address).get(field.set(pattern.field, 0, pattern.field.length));
        return value == null ? null : value.bytes();
    }

    private Bytes key(Pattern pattern, Bytes element) {
        keyText.clear();
        keyText.append(pattern.prefix).append(element).append(pattern.suffix);
        return key.set(keyText.array(), 0, keyText.length());
    }

    // ---- gathering and sorting ----

    /// The elements that are wanted, in order, as their places among the texts.
    private long[] elements() {
        Bytes key = call.key(1);
        long address = call.lookupRead(key);
        if (address == 0) return NO_ELEMENTS;
        String type = call.db().kind(address).type();
        long[] elements = switch (type) {
            case "list" -> ofList(call.db().list(key, address));
            case "set" -> ofSet(call.db().set(0, key, address));
            default -> ofZset(call.db().zset(key, address)); // refuses other types
        };
        return isSorted ? sorted(elements) : elements;
    }

    private long first(long size) {
        return Math.min(offset, size);
    }

    private long end(long size) {
        return most < 0 ? size : Math.min(size, first(size) + Math.min(most, size));
    }

    /// Elements in the order in which they come, while they come.
    private final class Gathering {
        private final long[] places;
        private int size;

        /// @param size how many will come
        Gathering(long size) {
            places = new long[(int) Math.min(size, Integer.MAX_VALUE)];
        }

        /// @return whether there are more to come
        boolean add(Listpack.Entry element) {
            places[size++] = texts.add(element.bytes());
            return size < places.length;
        }
    }

    /// Unsorted, a list stays in its own order, or with DESC from tail to head.
    private long[] ofList(ListValue list) {
        long size = list.size();
        long from = isSorted ? 0 : first(size);
        long count = isSorted ? size : end(size) - from;
        boolean isBackward = !isSorted && isDescending;
        Gathering gathering = new Gathering(count);
        list.forEach(isBackward ? size - 1 - from : from, count, isBackward, gathering::add);
        return gathering.places;
    }

    /// A set has no order of its own. What is stored must be the same wherever the log is replayed, so it is
    /// sorted all the same.
    private long[] ofSet(SetValue set) {
        if (storeAt != NONE && !isSorted) {
            isSorted = true;
            isAlpha = true;
            by = null;
        }
        long size = set.size();
        int from = isSorted ? 0 : (int) first(size);
        int end = isSorted ? (int) size : (int) end(size);
        Gathering gathering = new Gathering(end);
        if (end > 0) set.forEach(gathering::add);
        return Arrays.copyOfRange(gathering.places, from, end);
    }

    private long[] ofZset(ZsetValue zset) {
        long size = zset.size();
        long from = isSorted ? 0 : first(size);
        long count = isSorted ? size : end(size) - from;
        boolean isBackward = !isSorted && isDescending;
        Gathering gathering = new Gathering(count);
        zset.forEach(isBackward ? size - 1 - from : from, count, isBackward, (member, score) -> gathering.add(member));
        return gathering.places;
    }

    /// Descending is ascending read from its end.
    private long[] sorted(long[] elements) {
        int size = elements.length;
        long[] weights = isAlpha && by != null ? weights(by, elements) : elements;
        long[] ranks = isAlpha ? ranks(weights) : numbers(elements);
        int[] order = new int[size];
        for (int i = 0; i < size; i++) order[i] = i;

        int first = (int) first(size);
        int end = (int) end(size);
        int from = isDescending ? size - end : first;
        int to = isDescending ? size - first : end;
        PartialSort.sort(ranks, order, from, to, (a, b) -> {
            int byWeight = texts.compare(weights[a], weights[b]);
            return byWeight != 0 ? byWeight : texts.compare(elements[a], elements[b]);
        });

        long[] wanted = new long[end - first];
        for (int i = 0; i < wanted.length; i++) wanted[i] = elements[order[isDescending ? to - 1 - i : from + i]];
        return wanted;
    }

    /// What the elements are compared by as texts; a key that is not there comes before any text.
    private long[] weights(Pattern by, long[] elements) {
        long[] weights = new long[elements.length];
        for (int i = 0; i < weights.length; i++) {
            Bytes weight = follow(by, texts.at(elements[i], element));
            weights[i] = weight == null ? Texts.NOWHERE : texts.add(weight);
        }
        return weights;
    }

    private long[] ranks(long[] weights) {
        int shared = texts.sharedBytes(weights);
        long[] ranks = new long[weights.length];
        for (int i = 0; i < ranks.length; i++) ranks[i] = texts.rank(weights[i], shared);
        return ranks;
    }

    /// What the elements are compared by as numbers; a key that is not there counts as 0.
    private long[] numbers(long[] elements) {
        long[] ranks = new long[elements.length];
        for (int i = 0; i < ranks.length; i++) {
            Bytes text = texts.at(elements[i], element);
            Bytes weight = by == null ? text : follow(by, text);
            ranks[i] = weight == null ? 0 : rank(number(weight));
        }
        return ranks;
    }

    /// Reads what C's `strtod` reads up to a zero byte: blanks in front, and no text at all is 0.
    private double number(Bytes text) {
        byte[] array = text.array();
        int from = text.offset();
        int end = from;
        while (end < text.offset() + text.length() && array[end] != 0) end++;
        if (from == end) return 0;
        while (from < end && (array[from] == ' ' || array[from] >= '\t' && array[from] <= '\r')) from++;
        double number = Doubles.parse(digits.set(array, from, end - from));
        if (Double.isNaN(number)) throw new Refusal(Errors.NOT_SORTABLE);
        return number;
    }

    /// A whole number that is to others as this one is; 0 and -0 are the same.
    private static long rank(double number) {
        long bits = Double.doubleToLongBits(number + 0.0);
        return bits ^ (bits >> 63 & Long.MAX_VALUE);
    }

    // ---- the result ----

    private Reply answer(long[] elements) {
        Reply reply = call.reply().array((long) elements.length * Math.max(1, gets.size()));
        for (long place : elements) {
            texts.at(place, element);
            if (gets.isEmpty()) reply.bulk(element);
            for (Pattern get : gets) {
                Bytes value = follow(get, element);
                if (value == null) reply.nil();
                else reply.bulk(value);
            }
        }
        return reply;
    }

    private Reply store(long[] elements) {
        Bytes key = call.key(storeAt);
        Bytes nothing = new Bytes();
        try (ListResult result = call.db().newList()) {
            for (long place : elements) {
                texts.at(place, element);
                if (gets.isEmpty()) result.push(element);
                for (Pattern get : gets) {
                    Bytes value = follow(get, element);
                    result.push(value == null ? nothing : value);
                }
            }
            long size = result.size();
            if (result.storeAt(call.db(), key)) {
                if (size > 0) call.changed(call.dbIndex(), key, "sortstore", Group.LIST.eventClass(), size);
                else call.changedGeneric(key, "del");
            }
            return call.reply().integer(size);
        }
    }
}
