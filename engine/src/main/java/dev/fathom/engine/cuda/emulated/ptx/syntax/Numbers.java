package dev.fathom.engine.cuda.emulated.ptx.syntax;

import dev.fathom.engine.cuda.emulated.ptx.syntax.Operand.Immediate;
import java.util.Locale;

/** Numbers as PTX writes them: 12, -5, 0x1f, 017, 0b101, 5U, 0f3F800000 (bits of a float), 0d... (bits of a double). */
final class Numbers {
    private Numbers() {
    }

    static boolean starts(String word) {
        return word.equals("-") || Character.isDigit(word.charAt(0));
    }

    static Immediate immediate(Tokens tokens) {
        boolean minus = tokens.skip("-");
        int line = tokens.line();
        String w = tokens.next();
        try {
            return parse(w, minus);
        } catch (NumberFormatException e) {
            throw tokens.error(line, "'" + w + "' is no number");
        }
    }

    private static Immediate parse(String w, boolean minus) {
        String lower = w.toLowerCase(Locale.ROOT);
        if (lower.startsWith("0f")) {
            int bits = Integer.parseUnsignedInt(lower.substring(2), 16);
            return new Immediate((minus ? bits ^ 0x80000000 : bits) & 0xffffffffL, Immediate.Format.FLOAT32);
        }
        if (lower.startsWith("0d")) {
            long bits = Long.parseUnsignedLong(lower.substring(2), 16);
            return new Immediate(minus ? bits ^ Long.MIN_VALUE : bits, Immediate.Format.FLOAT64);
        }
        if (lower.contains(".")) {
            double value = Double.parseDouble(lower);
            return new Immediate(Double.doubleToRawLongBits(minus ? -value : value), Immediate.Format.FLOAT64);
        }
        String digits = lower.endsWith("u") ? lower.substring(0, lower.length() - 1) : lower;
        long value;
        if (digits.startsWith("0x")) {
            value = Long.parseUnsignedLong(digits.substring(2), 16);
        } else if (digits.startsWith("0b")) {
            value = Long.parseUnsignedLong(digits.substring(2), 2);
        } else if (digits.length() > 1 && digits.startsWith("0")) {
            value = Long.parseUnsignedLong(digits, 8);
        } else {
            value = Long.parseUnsignedLong(digits);
        }
        return new Immediate(minus ? -value : value, Immediate.Format.INTEGER);
    }
}
