package dev.cinnabar.struct;

import dev.cinnabar.base.Bytes;
import dev.cinnabar.base.RandomRun;
import dev.cinnabar.base.Randomness;
import dev.cinnabar.memory.Budget;
import dev.cinnabar.memory.OutOfMemory;
import dev.cinnabar.memory.Pages;
import java.util.BitSet;

/// A table beside its model, an array: key n is there when `addresses[n]` is not 0.
final class DictModel {
    final Budget budget = new Budget(1L << 40);
    final Pages pages = new Pages(budget);
    final Keyed keyed = new Keyed(pages);
    final Dict dict;
    final long[] addresses;
    final int[] present; // the keys that are there, in no order
    final int[] placeOf;
    int size;

    DictModel(int universe, long seed) {
        dict = new Dict(pages, seed);
        addresses = new long[universe];
        present = new int[universe];
        placeOf = new int[universe];
    }

    long find(int n) {
        return dict.find(keyed.key(n));
    }

    /// @return false when memory was refused
    boolean insert(int n) {
        Bytes key = keyed.key(n);
        long hash = dict.hash(key.array(), 0, 8);
        long address = keyed.blank(); // as the store does: the record is written when its slot is sure
        long before = dict.size();
        try {
            dict.insert(hash, address);
        } catch (OutOfMemory e) {
            RandomRun.check(dict.size() == before, "size after a refusal", dict.size());
            keyed.write(address, n);
            keyed.free(address);
            return false;
        }
        keyed.write(address, n);
        addresses[n] = address;
        placeOf[n] = size;
        present[size++] = n;
        return true;
    }

    void remove(int n) {
        RandomRun.check(find(n) == addresses[n], "not found before its removal", n);
        removeFound(n);
    }

    /// Removes the key that was found last.
    void removeFound(int n) {
        dict.removeFound();
        keyed.free(addresses[n]);
        addresses[n] = 0;
        int last = present[--size];
        present[placeOf[n]] = last;
        placeOf[last] = placeOf[n];
    }

    void replace(int n) {
        RandomRun.check(find(n) == addresses[n], "not found before its replacement", n);
        long to = keyed.record(n);
        dict.replaceFound(to);
        keyed.free(addresses[n]);
        addresses[n] = to;
    }

    /// One operation; inserts more often than it removes while below the target.
    void step(Randomness random, int target) {
        int n = random.below(addresses.length);
        int kind = random.below(100);
        if (kind < 15) check(n);
        else if (kind < 25 && size > 0) replace(present[random.below(size)]);
        else if (kind < 30 && size > 0) check(present[random.below(size)]);
        else if (random.below(10) < (size < target ? 8 : 2)) {
            if (addresses[n] == 0) insert(n);
        } else if (size > 0) {
            remove(present[random.below(size)]);
        }
        RandomRun.check(dict.size() == size, "size should be " + size, dict.size());
    }

    void check(int n) {
        RandomRun.check(find(n) == addresses[n], "found at another address", n);
    }

    void checkAll() {
        for (int n = 0; n < addresses.length; n++) check(n);
        dict.checkInvariants();
        pages.checkInvariants();
    }

    /// Takes all memory that is left, or gives it back.
    void exhaust(boolean refuse) {
        budget.release(taken);
        taken = refuse ? budget.limit() - budget.reserved() : 0;
        budget.reserve(taken);
    }

    long taken;

    /// How many entries a walk shows, each of them once.
    int shownByAWalk() {
        BitSet shown = new BitSet(addresses.length);
        long position = 0;
        do {
            position = dict.scan(position, address -> {
                int n = (int) keyed.numberOf(address);
                RandomRun.check(!shown.get(n), "shown twice", n);
                shown.set(n);
            });
        } while (position != 0);
        return shown.cardinality();
    }
}
