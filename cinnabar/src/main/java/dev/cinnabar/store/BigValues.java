package dev.cinnabar.store;

import java.util.ArrayDeque;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// The big values of an engine by their numbers, and those that were given up and are freed in small steps.
final class BigValues {
    private static final int AT_ONCE = 64; // a value of so few elements is freed where it falls

    private @Nullable BigValue[] values = new BigValue[16];
    private int[] freeNumbers = new int[16];
    private int freeCount;
    private int next = 1; // 0 is no value
    private final ArrayDeque<BigValue> garbage = new ArrayDeque<>();
    private int compacting; // the number of the value whose blocks are being moved, 0 for none
    private long compactPosition; // in it

    int add(BigValue value) {
        int number;
        if (freeCount > 0) {
            number = freeNumbers[--freeCount];
        } else {
            if (next == values.length) values = Arrays.copyOf(values, 2 * next);
            number = next++;
        }
        values[number] = value;
        value.number = number;
        return number;
    }

    BigValue get(int number) {
        BigValue value = values[number];
        if (value == null) throw new IllegalStateException("no value has the number " + number);
        return value;
    }

    /// The number's record is gone; the value is freed, now or later.
    void retire(int number) {
        BigValue value = get(number);
        release(number);
        if (value.size() > AT_ONCE || value.free(AT_ONCE)) garbage.add(value);
    }

    /// Forgets a number without freeing its value.
    void release(int number) {
        values[number] = null;
        if (freeCount == freeNumbers.length) freeNumbers = Arrays.copyOf(freeNumbers, 2 * freeCount);
        freeNumbers[freeCount++] = number;
    }

    /// Frees some elements of what was given up.
    ///
    /// @return whether there is more
    boolean step(int most) {
        BigValue first = garbage.peek();
        if (first == null) return false;
        if (!first.free(most)) garbage.remove();
        return !garbage.isEmpty();
    }

    /// Moves some blocks out of sparse pages.
    ///
    /// @param most about how many elements to look at
    /// @return whether there is more
    boolean compact(int most) {
        int left = most;
        while (left > 0) {
            if (compactPosition == 0) compacting++;
            if (compacting >= next) {
                endCompaction();
                return false;
            }
            BigValue value = values[compacting];
            compactPosition = value == null ? 0 : value.compact(compactPosition, left);
            left -= compactPosition != 0 ? left : value == null ? 1 : (int) Math.min(left, 1 + value.size());
        }
        return true;
    }

    /// The next [#compact] begins anew.
    void endCompaction() {
        compacting = 0;
        compactPosition = 0;
    }

    int garbage() {
        return garbage.size();
    }
}
