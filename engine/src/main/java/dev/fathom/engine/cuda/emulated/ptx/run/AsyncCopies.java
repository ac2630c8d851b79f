package dev.fathom.engine.cuda.emulated.ptx.run;

import dev.fathom.engine.cuda.emulated.memory.HostBytes;
import dev.fathom.engine.cuda.emulated.report.FaultKind;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Asynchronous copies from global to shared memory (cp.async) that are under way. The bytes arrive when their thread has
 * awaited their group, not before, so that a kernel that forgets to wait reads what was there; reading or writing the
 * place in the meantime is a fault.
 */
final class AsyncCopies {
    /** One lane's copy: up to 16 bytes. */
    private record Copy(Step step, Warp warp, int lane, int offset, int count, long low, long high) {
    }

    private final ThreadBlock block;
    /** By thread: the groups committed and not yet awaited, oldest first. */
    private final List<ArrayDeque<List<Copy>>> groups = new ArrayList<>();
    /** By thread: what was issued since the last commit. */
    private final List<List<Copy>> open = new ArrayList<>();
    /** By 4 bytes of shared memory: the copy on its way there. */
    private final Copy[] pending;
    private int under;

    AsyncCopies(ThreadBlock block, int threads) {
        this.block = block;
        this.pending = new Copy[block.shared.bytes / 4 + 5];
        for (int i = 0; i < threads; i++) {
            groups.add(new ArrayDeque<>());
            open.add(new ArrayList<>());
        }
    }

    void begin() {
        if (under > 0) {
            Arrays.fill(pending, null);
            groups.forEach(ArrayDeque::clear);
            open.forEach(List::clear);
            under = 0;
        }
    }

    /** The block is over: copies that nobody awaited are no fault, as nobody used them. */
    void end() {
        begin();
    }

    /** A use of shared memory: faults if a copy to it is under way. */
    void check(Step step, Warp w, int lane, int offset, int count) {
        if (under == 0) {
            return;
        }
        for (int i = offset >> 2; i <= offset + count - 1 >> 2; i++) {
            Copy c = pending[i];
            if (c != null) {
                throw block.fault(FaultKind.ASYNC_COPY_NOT_AWAITED, step.at(), w, 1 << lane, "uses "
                        + block.shared.place(offset) + " while the asynchronous copy of thread " + c.warp.thread(c.lane)
                        + " to it (" + c.step.at().where() + ") is under way. Wait for it first: cp.async.wait_group or "
                        + "wait_all by the copying thread, then __syncthreads() if others use it.");
            }
        }
    }

    /** Issues a copy; the source is read now, {@code count} bytes go to shared memory later. */
    void issue(Step step, Warp w, int lane, int offset, int count, long low, long high) {
        check(step, w, lane, offset, count);
        // From now on the place is being written: whoever reads it until then must be behind a barrier.
        int doubt = block.shared.write(step, w, lane, offset, count, false);
        if (doubt != 0) {
            throw block.shared.doubleWrite(step, w, lane, offset, doubt == 2);
        }
        Copy c = new Copy(step, w, lane, offset, count, low, high);
        open.get(w.thread(lane)).add(c);
        for (int i = offset >> 2; i < offset + count >> 2; i++) {
            pending[i] = c;
        }
        under++;
    }

    void commit(int thread) {
        groups.get(thread).add(List.copyOf(open.get(thread)));
        open.get(thread).clear();
    }

    /** Waits until at most {@code left} groups of a thread are under way. */
    void await(int thread, int left) {
        ArrayDeque<List<Copy>> own = groups.get(thread);
        while (own.size() > left) {
            own.poll().forEach(this::arrive);
        }
    }

    /** Waits for everything that a thread has issued, committed or not. */
    void awaitAll(int thread) {
        await(thread, 0);
        open.get(thread).forEach(this::arrive);
        open.get(thread).clear();
    }

    private void arrive(Copy c) {
        for (int i = c.offset >> 2; i < c.offset + c.count >> 2; i++) {
            pending[i] = null;
        }
        under--;
        block.shared.arrived(c.step, c.warp, c.lane, c.offset, c.count);
        long at = block.shared.host() + c.offset;
        if (c.count == 4) {
            HostBytes.putInt(at, (int) c.low);
            return;
        }
        HostBytes.putLong(at, c.low);
        if (c.count == 16) {
            HostBytes.putLong(at + 8, c.high);
        }
    }
}
