package dev.fathom.training.data.doctor;

import java.util.List;

/** 16-bit numbers whose bits are turned or whose bytes are exchanged. */
final class BitsCheck implements Check {
    private static final int SWAP = 8;
    /** As SUN RGB-D stores millimetres. */
    private static final int SUN = 3;
    /** Median that maps of multiples of 8 must have as read, and what it must be without the three bits. */
    private static final double FAR = 6;
    private static final double ROOM = 0.5;

    @Override
    public List<Finding> of(SetFacts set) {
        List<FrameFacts> turned = set.withDepth().stream().filter(BitsCheck::isTurned).toList();
        if (turned.isEmpty()) {
            return List.of();
        }
        BitPattern first = turned.getFirst().bits().orElseThrow();
        boolean torn = isTorn(first);
        int bits = torn ? first.bits() : SUN;
        String what = bits == SWAP ? "16-bit numbers with their two bytes exchanged"
                : "16-bit numbers whose bits are rotated by " + Math.min(bits, 16 - bits) + " to the "
                + (bits < SWAP ? "left" : "right");
        String why = torn ? Check.text("In the first, %s of neighbouring depths are apart by more than a tenth; with the"
                + " numbers turned back %s are, and the median is %s instead of %s.", Check.percent(first.asRead()),
                Check.percent(first.turned()), Check.metres(first.other()), Check.metres(turned.getFirst().depth()
                .median())) : Check.text("In the first, nearly every number is a multiple of 8; turned back the median is"
                + " %s instead of %s.", Check.metres(first.other()), Check.metres(turned.getFirst().depth().median()));
        return List.of(new Finding(Kind.BITS, Severity.ERROR, Check.some(turned.size(), set.frames().size(), "holds",
                "hold")
                + " " + what + ".", why, advice(bits), Check.where(turned, f -> "median "
                + Check.metres(f.depth().median()))));
    }

    private static String advice(int bits) {
        return switch (bits) {
            case SUN -> "SUN RGB-D stores depth so, d = (v >> 3) | (v << 13): read it with --dataset sunrgbd:PATH.";
            case SWAP -> "Read the files in the other byte order, or write them again.";
            case 13 -> "These maps are turned once too often: what undoes SUN RGB-D's rotation met plain millimetres."
                    + " Read them with --dataset nyu-png:PATH or as pairs.";
            default -> Check.text("Turn the numbers back before anything else: d = (v >> %d) | (v << %d).", bits,
                    16 - bits);
        };
    }

    static boolean isTurned(FrameFacts frame) {
        return frame.bits().filter(b -> isTorn(b) || b.emptyBits() == SUN && frame.depth().median() > FAR
                && b.other() > ROOM && (b.perMetre() == 1 || b.perMetre() == 1000)).isPresent();
    }

    private static boolean isTorn(BitPattern bits) {
        return bits.asRead() > 2 * bits.turned() + 0.02;
    }
}
