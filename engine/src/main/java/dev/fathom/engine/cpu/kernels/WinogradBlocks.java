package dev.fathom.engine.cpu.kernels;

import java.lang.foreign.MemorySegment;

/**
 * The squares that {@link WinogradWeights} cuts a picture into, and their way into transformed form: for every 2 x
 * 2 output pixels the 4 x 4 input pixels under their windows, or the 2 x 2 pixels of the output's gradient.
 *
 * <p>Squares at the edge are first copied with zeros around them; all others are read in place.
 *
 * @param image    [pictures, height, width, channels] from byte 0 on
 * @param squaresH rows of squares in a picture, {@code squaresW} columns
 * @param side     pixels of a square's side: 4 or 2
 * @param relu     whether max(., 0) of every pixel is what is transformed (sides of 4 only)
 * @param padH     first row of the first square is -padH, first column -padW; squares are 2 apart
 */
record WinogradBlocks(MemorySegment image, int pictures, int height, int width, int channels, int squaresH,
                       int squaresW, int side, int padH, int padW, boolean relu) {

    /** The input pixels of a convolution. */
    static WinogradBlocks ofPixels(Patches p) {
        return new WinogradBlocks(p.image(), p.pictures(), p.height(), p.width(), p.channels(),
            GemmPlan.ceil(p.outH(), 2), GemmPlan.ceil(p.outW(), 2), 4, p.padH(), p.padW(), p.relu());
    }

    /** The gradient [pictures,outH,outW,outputs] of its output. */
    static WinogradBlocks ofGradients(Patches p, MemorySegment dy, int outputs) {
        return new WinogradBlocks(dy, p.pictures(), p.outH(), p.outW(), outputs,
            GemmPlan.ceil(p.outH(), 2), GemmPlan.ceil(p.outW(), 2), 2, 0, 0, false);
    }

    int count() {
        return pictures * squaresH * squaresW;
    }

    /**
     * Transforms one square; its channels go to pieces of {@code pieceWidth}.
     *
     * @param edgeAt    where in {@code to} 16 pixels may be put down
     * @param offset    the first place of the first piece, plus {@code shift} for this square
     * @param pieceStep bytes from one piece to the next, {@code placeStep} from one place to the next
     */
    void transform(int square, MemorySegment to, long edgeAt, long offset, long shift, int pieceWidth, long pieceStep,
                   long placeStep) {
        int y = square / squaresW % squaresH * 2 - padH;
        int x = square % squaresW * 2 - padW;
        int picture = square / squaresW / squaresH;
        long pixelBytes = (long) channels * Float.BYTES;
        long rowBytes = width * pixelBytes;
        long start = ((long) picture * height + y) * rowBytes + x * pixelBytes;
        MemorySegment from = image;
        if (y < 0 || x < 0 || y + side > height || x + side > width) {
            copyEdge(y, x, start, to, edgeAt);
            from = to;
            start = edgeAt;
            rowBytes = side * pixelBytes;
        }
        for (int c = 0; c < channels; c += pieceWidth) {
            long target = offset + c / pieceWidth * pieceStep + shift;
            int width = Math.min(pieceWidth, channels - c);
            long source = start + (long) c * Float.BYTES;
            if (side == 4) {
                WinogradTransforms.input(from, source, rowBytes, pixelBytes, width, relu, to, target, placeStep);
            } else {
                WinogradTransforms.outputGradient(from, source, rowBytes, pixelBytes, width, to, target, placeStep);
            }
        }
    }

    private void copyEdge(int y, int x, long start, MemorySegment to, long edgeAt) {
        long pixelBytes = (long) channels * Float.BYTES;
        for (int i = 0; i < side; i++) {
            for (int j = 0; j < side; j++) {
                long at = edgeAt + (i * side + j) * pixelBytes;
                if (y + i >= 0 && y + i < height && x + j >= 0 && x + j < width) {
                    MemorySegment.copy(image, start + (i * (long) width + j) * pixelBytes, to, at, pixelBytes);
                } else {
                    to.asSlice(at, pixelBytes).fill((byte) 0);
                }
            }
        }
    }
}
