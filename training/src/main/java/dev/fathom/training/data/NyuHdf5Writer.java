package dev.fathom.training.data;

import dev.fathom.engine.errors.FathomException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/**
 * Writes one frame in the layout of the NYU Depth V2 HDF5 folders: {@code rgb} (3,H,W) uint8, channel planes, and
 * {@code depth} (H,W) float32 in metres, 0 where nothing was measured.
 *
 * <p>Both arrays are stored in one chunk a plane with the shuffle and deflate filters, which every HDF5 library reads.
 */
public final class NyuHdf5Writer {

    private NyuHdf5Writer() {
    }

    /**
     * Writes one frame. An existing file is replaced, in one step, once the new one is complete.
     *
     * @param file            where to; its folder must exist
     * @param width           W, pixels, at least 1
     * @param height          H, pixels, at least 1
     * @param rgbInterleaved  [H,W,3], red first, 0..255
     * @param depthMetres     [H,W], metres; 0 marks a hole
     * @throws FathomException if an array does not fit the size or the file cannot be written
     */
    public static void write(Path file, int width, int height, byte[] rgbInterleaved, float[] depthMetres) {
        if (width < 1 || height < 1) {
            throw new FathomException("Cannot write " + file + ": a frame of " + width + " x " + height
                    + " pixels has no content; both sides must be at least 1.");
        }
        int pixels = Math.multiplyExact(width, height);
        if (rgbInterleaved.length != 3L * pixels || depthMetres.length != pixels) {
            throw new FathomException("Cannot write " + file + ": " + width + " x " + height + " pixels need "
                    + 3L * pixels + " colour bytes and " + pixels + " depths, but there are " + rgbInterleaved.length
                    + " and " + depthMetres.length + ".");
        }
        byte[] planes = new byte[3 * pixels];
        for (int i = 0; i < pixels; i++) {
            planes[i] = rgbInterleaved[3 * i];
            planes[pixels + i] = rgbInterleaved[3 * i + 1];
            planes[2 * pixels + i] = rgbInterleaved[3 * i + 2];
        }
        ByteBuffer depth = ByteBuffer.allocate(Math.multiplyExact(4, pixels)).order(ByteOrder.LITTLE_ENDIAN);
        depth.asFloatBuffer().put(depthMetres);

        Hdf5Image image = new Hdf5Image();
        image.add("rgb", Hdf5Image.Element.UINT8, new int[] {3, height, width}, planes);
        image.add("depth", Hdf5Image.Element.FLOAT32, new int[] {height, width}, depth.array());
        Path partial = file.resolveSibling(file.getFileName() + ".partial");
        try {
            Files.write(partial, image.toBytes());
            Files.move(partial, file, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            throw new FathomException("Cannot write the frame " + file + ": " + e.getMessage()
                    + ". Check that the folder exists, may be written to, and that the disk is not full.", e);
        }
    }
}
