package dev.fathom.engine.cuda.emulated.ptx.run;

import dev.fathom.engine.cuda.emulated.memory.Allocation;
import dev.fathom.engine.cuda.emulated.report.FaultKind;
import dev.fathom.engine.cuda.emulated.report.KernelFault;
import java.util.function.Predicate;

/** Finds out what is wrong with an access to global memory that failed its check, and says it. */
final class GlobalFaults {
    private GlobalFaults() {
    }

    private static int lanesWhere(int mask, Predicate<Integer> condition) {
        int found = 0;
        for (int m = mask; m != 0; m &= m - 1) {
            int lane = Integer.numberOfTrailingZeros(m);
            found |= condition.test(lane) ? 1 << lane : 0;
        }
        return found;
    }

    /** The fault of a lane, with all lanes that have the same one. */
    static KernelFault of(Access access, Warp w, int mask, int lane) {
        long address = w.address[lane];
        Allocation a = w.block.launch.memory().find(address);
        if (a == null) {
            int wrong = lanesWhere(mask, l -> w.block.launch.memory().find(w.address[l]) == null);
            return fault(access, w, wrong, bounds(access), ", the first at " + FaultText.hex(address)
                    + ", which is no address of device memory" + nowhere(address));
        }
        long end = a.base() + a.size();
        if (a.freed()) {
            int wrong = lanesWhere(mask, l -> w.block.launch.memory().find(w.address[l]) == a);
            return fault(access, w, wrong, FaultKind.USE_AFTER_FREE, ", the first at " + FaultText.hex(address) + ", "
                    + FaultText.beside(a, address, access.bytes) + ", which is freed. Likely a pointer kept after its memory "
                    + "was given back.");
        }
        if (address < a.base() || address + access.bytes > end) {
            int wrong = lanesWhere(mask, l -> w.block.launch.memory().find(w.address[l]) == a
                    && (w.address[l] < a.base() || w.address[l] + access.bytes > end));
            return fault(access, w, wrong, bounds(access), ", the first at " + FaultText.hex(address) + ", "
                    + FaultText.beside(a, address, access.bytes) + extent(access, a, w, wrong) + advice(address < a.base()));
        }
        int wrong = lanesWhere(mask, l -> (w.address[l] & access.bytes - 1) != 0);
        int first = Integer.numberOfTrailingZeros(wrong);
        return fault(access, w, wrong, FaultKind.MISALIGNED_ACCESS, ", the first at " + FaultText.hex(w.address[first])
                + ", " + FaultText.beside(a, w.address[first], access.bytes) + ", which is no multiple of " + access.bytes
                + ". Likely a vector access to data that begins at any element: check the alignment, or go by single elements.");
    }

    /** The fault of lanes that read what was never written. */
    static KernelFault uninitialised(Access access, Allocation a, Warp w, int mask) {
        int wrong = lanesWhere(mask, l -> !a.isWritten(w.address[l] - a.base(), access.bytes));
        int first = Integer.numberOfTrailingZeros(wrong);
        return fault(access, w, wrong, FaultKind.UNINITIALISED_READ, ", the first at " + FaultText.hex(w.address[first]) + ", "
                + FaultText.beside(a, w.address[first], access.bytes) + ", which no kernel, copy or fill has written. Likely "
                + "memory that was to be cleared first, or a kernel before this one that leaves a part out.");
    }

    private static KernelFault fault(Access access, Warp w, int wrong, FaultKind kind, String detail) {
        boolean one = Integer.bitCount(wrong) == 1;
        return w.block.fault(kind, access.step.at(), w, wrong, FaultText.verb(wrong, access.verb()) + " "
                + FaultText.bytes(access.bytes) + (one ? detail.replaceFirst("^, the first at ", " at ") : " each" + detail));
    }

    private static FaultKind bounds(Access access) {
        return access.use == Access.Use.READ ? FaultKind.OUT_OF_BOUNDS_READ : FaultKind.OUT_OF_BOUNDS_WRITE;
    }

    private static String nowhere(long address) {
        return address >= 0 && address < 65536 ? ": a null pointer plus " + address + "."
                : ". Likely an address made of a wrong number, or a pointer of the host.";
    }

    private static String extent(Access access, Allocation a, Warp w, int wrong) {
        int last = 31 - Integer.numberOfLeadingZeros(wrong);
        return Integer.bitCount(wrong) == 1 ? ""
                : "; the last at byte " + (w.address[last] - a.base()) + " of " + a.size();
    }

    private static String advice(boolean before) {
        return before ? ". Likely a negative index." : ". Likely an index that is not checked against the number of elements, "
                + "or checked with <= instead of <.";
    }
}
