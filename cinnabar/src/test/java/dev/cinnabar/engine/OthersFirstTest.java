package dev.cinnabar.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.ReentrantLock;
import org.junit.jupiter.api.Test;

/// Who walks over the data in slices leaves the lock to those who serve clients.
class OthersFirstTest {
    private final ReentrantLock lock = new ReentrantLock();
    private final AtomicInteger pauses = new AtomicInteger();

    @Test
    void nobody_is_waited_for_where_nobody_waits() {
        new OthersFirst(lock, nanos -> pauses.incrementAndGet()).letIn();
        assertThat(pauses).hasValue(0);
    }

    @Test
    void it_waits_until_those_who_waited_have_had_the_lock() throws InterruptedException {
        CountDownLatch had = new CountDownLatch(1);
        lock.lock();
        Thread waiter = waiter(had);
        OthersFirst others = new OthersFirst(lock, nanos -> {
            if (pauses.incrementAndGet() == 3) {
                lock.unlock();
                await().until(() -> had.getCount() == 0);
            }
        });
        others.letIn();
        assertThat(pauses).hasValue(3);
        assertThat(had.getCount()).isZero();
        waiter.join();
    }

    @Test
    void it_does_not_wait_for_ever() throws InterruptedException {
        CountDownLatch had = new CountDownLatch(1);
        lock.lock();
        Thread waiter = waiter(had);
        new OthersFirst(lock, nanos -> pauses.incrementAndGet()).letIn();
        assertThat(pauses).hasValue(8);
        assertThat(had.getCount()).isOne();
        lock.unlock();
        waiter.join();
    }

    private Thread waiter(CountDownLatch had) {
        Thread waiter = new Thread(() -> {
            lock.lock();
            lock.unlock();
            had.countDown();
        });
        waiter.start();
        await().until(lock::hasQueuedThreads);
        return waiter;
    }
}
