package dev.fathom.training.data.sets;

import dev.fathom.engine.errors.FathomException;
import dev.fathom.engine.errors.Hdf5Exception;
import dev.fathom.models.camera.Intrinsics;
import dev.fathom.models.image.Picture;
import dev.fathom.models.image.PictureReader;
import dev.fathom.nn.hdf5.Hdf5Arrays;
import dev.fathom.training.data.DepthSample;
import dev.fathom.training.data.FrameException;
import dev.fathom.training.data.NyuHdf5Dataset;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import java.util.function.Function;

/** The files of one frame, each read whole; whatever is wrong with one is a {@link FrameException} that names it. */
final class FrameFiles {
    private FrameFiles() {
    }

    /** A depth map as read: [height,width], metres; holes may be anything that is not a positive number. */
    record Depth(int width, int height, float[] metres) {
    }

    /** The photo. */
    static Picture picture(Path file) {
        return read(file, PictureReader::read);
    }

    /**
     * A 16-bit gray PNG whose values, divided by a number, are metres.
     *
     * @param perMetre how many of the file's units make a metre; the quotient is rounded to float32 once
     */
    static Depth gray16(Path file, double perMetre) {
        PictureReader.Gray16 gray = gray16(file);
        float[] metres = new float[gray.values().length];
        for (int i = 0; i < metres.length; i++) {
            metres[i] = (float) ((gray.values()[i] & 0xFFFF) / perMetre);
        }
        return new Depth(gray.width(), gray.height(), metres);
    }

    /** A 16-bit gray PNG as stored. */
    static PictureReader.Gray16 gray16(Path file) {
        return read(file, PictureReader::readGray16);
    }

    /** An HDF5 array of two axes, rows first. */
    static Depth hdf5(Path file, String name) {
        if (!Files.exists(file)) {
            throw new FrameException(FrameException.Fault.MISSING, "There is no file " + file + ", which a frame's depth"
                    + " should be in: bring it back, or check the list.", null);
        }
        try (Hdf5Arrays arrays = Hdf5Arrays.open(file)) {
            int[] shape = arrays.shape(name);
            if (shape.length != 2 || shape[0] < 1 || shape[1] < 1) {
                throw new FrameException(FrameException.Fault.LAYOUT, "In the file " + file + " the data set " + name
                        + " has shape " + Arrays.toString(shape) + ": expected (height, width).", null);
            }
            return new Depth(shape[1], shape[0], arrays.floats(name));
        } catch (Hdf5Exception e) {
            throw FrameException.of(file, e);
        }
    }

    /** The content of a small text file. */
    static String text(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new FrameException(fault(file), "The file " + file + " cannot be read (" + e.getClass()
                    .getSimpleName() + "): bring it back, or check its permissions.", e);
        }
    }

    /**
     * Puts a frame together; NaN, negative and infinite depths become holes and are counted.
     *
     * @throws FrameException if photo and depth differ in size
     */
    static DepthSample sample(Path image, Picture picture, Path depthFile, Depth depth, Optional<Intrinsics> camera) {
        if (depth.width != picture.width() || depth.height != picture.height()) {
            throw new FrameException(FrameException.Fault.LAYOUT, "The picture " + image + " has " + picture.width()
                    + " x " + picture.height() + " pixels, its depth " + depthFile + " " + depth.width + " x "
                    + depth.height + ": both must have the same size.", null);
        }
        int repaired = NyuHdf5Dataset.makeHoles(depth.metres);
        return new DepthSample(image.toString(), picture, depth.metres, repaired, camera);
    }

    private static <T> T read(Path file, Function<Path, T> reading) {
        try {
            return reading.apply(file);
        } catch (FathomException e) {
            throw new FrameException(fault(file), e.getMessage(), e);
        }
    }

    private static FrameException.Fault fault(Path file) {
        return !Files.exists(file) ? FrameException.Fault.MISSING
                : !Files.isReadable(file) ? FrameException.Fault.UNREADABLE : FrameException.Fault.DAMAGED;
    }
}
