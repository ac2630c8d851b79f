package dev.fathom.engine.cuda.emulated.ptx.run;

import dev.fathom.engine.cuda.emulated.memory.Allocation;
import dev.fathom.engine.cuda.emulated.memory.GlobalMemory;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Words for reports. */
final class FaultText {
    private static final Pattern INNER = Pattern.compile("^_ZZ.*E(\\d+)([A-Za-z_]\\w*)$");

    private FaultText() {
    }

    /** The threads of a mask: "thread 5", "threads 0 to 31", "threads 0, 2, 4 to 7". */
    static String threads(int first, int mask) {
        StringBuilder text = new StringBuilder(Integer.bitCount(mask) == 1 ? "thread " : "threads ");
        boolean any = false;
        for (int lane = 0; lane < 32; lane++) {
            if ((mask >>> lane & 1) == 0) {
                continue;
            }
            int end = lane;
            while (end < 31 && (mask >>> end + 1 & 1) != 0) {
                end++;
            }
            text.append(any ? ", " : "").append(first + lane);
            if (end > lane) {
                text.append(end == lane + 1 ? ", " : " to ").append(first + end);
            }
            any = true;
            lane = end;
        }
        return text.toString();
    }

    /** Where an access lies beside its allocation: "12 bytes past the end of 'x' (4096 bytes)". */
    static String beside(Allocation a, long address, int bytes) {
        long offset = address - a.base();
        if (offset < 0) {
            return -offset + " bytes before the start of " + a;
        }
        if (offset >= a.size()) {
            return (offset == a.size() ? "right past" : offset - a.size() + " bytes past") + " the end of " + a;
        }
        return offset + bytes > a.size() ? offset + bytes - a.size() + " bytes over the end of " + a
                : "byte " + offset + " of " + a;
    }

    /** A verb for the threads of a mask: "read", or "reads" for one. */
    static String verb(int mask, String verb) {
        return Integer.bitCount(mask) == 1 ? verb + "s" : verb;
    }

    /** The name in the source of a variable inside a function, whose name in PTX is mangled: _ZZ4kernE4tile is tile. */
    static String variable(String name) {
        Matcher m = INNER.matcher(name);
        return m.find() && m.group(2).length() == Integer.parseInt(m.group(1)) ? m.group(2) : name;
    }

    static String hex(long address) {
        return GlobalMemory.hex(address);
    }

    static String bytes(long n) {
        return n == 1 ? "1 byte" : n + " bytes";
    }
}
