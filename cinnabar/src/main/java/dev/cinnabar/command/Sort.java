package dev.cinnabar.command;

import dev.cinnabar.base.Bytes;
import dev.cinnabar.base.Doubles;
import dev.cinnabar.store.Database;
import dev.cinnabar.store.ListResult;
import dev.cinnabar.store.ListValue;
import dev.cinnabar.store.SetValue;
import dev.cinnabar.store.ZsetValue;
import dev.cinnabar.struct.Listpack;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
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
     * The copies are plain objects outside of the counted memory, as long as the call lasts; a heap that is
     * too small for them refuses the call. Cutting does not save sorting: LIMIT 0 10 of a million elements
     * sorts a million.
     */

    private static final int NONE = 0;
    private static final byte STAR = '*';
    private static final byte[] EMPTY = {};

    /// @param text   the element
    /// @param score  what it is compared by as a number
    /// @param weight the same as text, null for a key that is not there
    private record Element(byte[] text, double score, byte @Nullable [] weight) {}

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
    private final Bytes window = new Bytes();

    private Sort(Call call, boolean mayStore) {
        this.call = call;
        this.mayStore = mayStore;
    }

    /// @param mayStore whether STORE is an option
    static Reply run(Call call, boolean mayStore) {
        Sort sort = new Sort(call, mayStore);
        sort.options();
        List<Element> elements = sort.elements();
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

        Bytes key(byte[] element) {
            byte[] key = new byte[prefix.length + element.length + suffix.length];
            System.arraycopy(prefix, 0, key, 0, prefix.length);
            System.arraycopy(element, 0, key, prefix.length, element.length);
            System.arraycopy(suffix, 0, key, prefix.length + element.length, suffix.length);
            return Bytes.of(key);
        }
    }

    /// What a pattern leads to, or null. Borrowed.
    private @Nullable Bytes follow(Pattern pattern, byte[] element) {
        if (pattern.isElement) return window.set(element, 0, element.length);
        if (!pattern.hasStar) return null;
        Database db = call.db();
        Bytes key = pattern.key(element);
        long address = call.lookupRead(key);
        if (address == 0) return null;
        if (pattern.field.length == 0)
            return db.kind(address).isString() ? db.string(address).bytes() : null;
        if (!db.kind(address).type().equals("hash")) return null;
        Listpack.Entry value = db.hash(key, address).get(Bytes.of(pattern.field));
        return value == null ? null : value.bytes();
    }

    // ---- gathering and sorting ----

    /// The elements that are wanted, in order.
    private List<Element> elements() {
        Bytes key = call.key(1);
        long address = call.lookupRead(key);
        if (address == 0) return List.of();
        String type = call.db().kind(address).type();
        List<Element> elements = switch (type) {
            case "list" -> ofList(call.db().list(key, address));
            case "set" -> ofSet(call.db().set(0, key, address));
            default -> ofZset(call.db().zset(key, address)); // refuses other types
        };
        if (!isSorted) return elements;
        if (!isAlpha || by != null) elements.replaceAll(this::weighed);
        Comparator<Element> order = order();
        elements.sort(isDescending ? order.reversed() : order);
        return cut(elements);
    }

    private List<Element> cut(List<Element> elements) {
        return elements.subList((int) first(elements.size()), (int) end(elements.size()));
    }

    private long first(long size) {
        return Math.min(offset, size);
    }

    private long end(long size) {
        return most < 0 ? size : Math.min(size, first(size) + Math.min(most, size));
    }

    /// Unsorted, a list stays in its own order, or with DESC from tail to head.
    private List<Element> ofList(ListValue list) {
        List<Element> elements = new ArrayList<>();
        long size = list.size();
        long from = isSorted ? 0 : first(size);
        long count = isSorted ? size : end(size) - from;
        boolean isBackward = !isSorted && isDescending;
        list.forEach(isBackward ? size - 1 - from : from, count, isBackward, element -> {
            elements.add(element(element));
            return true;
        });
        return elements;
    }

    /// A set has no order of its own. What is stored must be the same wherever the log is replayed, so it is
    /// sorted all the same.
    private List<Element> ofSet(SetValue set) {
        if (storeAt != NONE && !isSorted) {
            isSorted = true;
            isAlpha = true;
            by = null;
        }
        List<Element> elements = new ArrayList<>();
        set.forEach(member -> elements.add(element(member)));
        return isSorted ? elements : cut(elements);
    }

    private List<Element> ofZset(ZsetValue zset) {
        List<Element> elements = new ArrayList<>();
        long size = zset.size();
        long from = isSorted ? 0 : first(size);
        long count = isSorted ? size : end(size) - from;
        boolean isBackward = !isSorted && isDescending;
        zset.forEach(
                isBackward ? size - 1 - from : from,
                count,
                isBackward,
                (member, score) -> elements.add(element(member)));
        return elements;
    }

    private static Element element(Listpack.Entry entry) {
        return new Element(entry.bytes().copy(), 0, null);
    }

    /// With what it is compared by; a key that is not there counts as 0, or comes before any text.
    private Element weighed(Element element) {
        Bytes weight = by == null ? window.set(element.text, 0, element.text.length) : follow(by, element.text);
        if (weight == null) return element;
        return isAlpha ? new Element(element.text, 0, weight.copy()) : new Element(element.text, number(weight), null);
    }

    /// Reads what C's `strtod` reads up to a zero byte: blanks in front, and no text at all is 0.
    private static double number(Bytes text) {
        byte[] array = text.array();
        int from = text.offset();
        int end = from;
        while (end < text.offset() + text.length() && array[end] != 0) end++;
        if (from == end) return 0;
        while (from < end && (array[from] == ' ' || array[from] >= '\t' && array[from] <= '\r')) from++;
        double number = Doubles.parse(new Bytes(array, from, end - from));
        if (Double.isNaN(number)) throw new Refusal(Errors.NOT_SORTABLE);
        return number;
    }

    private Comparator<Element> order() {
        Comparator<byte[]> bytes = Arrays::compareUnsigned;
        Comparator<Element> byText = Comparator.comparing(Element::text, bytes);
        if (!isAlpha) return ((Comparator<Element>) (a, b) -> compare(a.score, b.score)).thenComparing(byText);
        if (by == null) return byText;
        return Comparator.comparing(Element::weight, Comparator.nullsFirst(bytes))
                .thenComparing(byText);
    }

    /// As numbers: 0 and -0 are the same.
    private static int compare(double a, double b) {
        return a < b ? -1 : a > b ? 1 : 0;
    }

    // ---- the result ----

    private Reply answer(List<Element> elements) {
        Reply reply = call.reply().array((long) elements.size() * Math.max(1, gets.size()));
        for (Element element : elements) {
            if (gets.isEmpty()) reply.bulk(element.text, 0, element.text.length);
            for (Pattern get : gets) {
                Bytes value = follow(get, element.text);
                if (value == null) reply.nil();
                else reply.bulk(value);
            }
        }
        return reply;
    }

    private Reply store(List<Element> elements) {
        Bytes key = call.key(storeAt);
        try (ListResult result = call.db().newList()) {
            for (Element element : elements) {
                if (gets.isEmpty()) result.push(window.set(element.text, 0, element.text.length));
                for (Pattern get : gets) {
                    Bytes value = follow(get, element.text);
                    result.push(value == null ? window.set(EMPTY, 0, 0) : value);
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
