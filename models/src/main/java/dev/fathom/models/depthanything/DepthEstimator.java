package dev.fathom.models.depthanything;

import dev.fathom.engine.Precision;
import dev.fathom.engine.Tensor;
import dev.fathom.engine.autograd.GradMode;
import dev.fathom.engine.dispatch.Autocast;
import dev.fathom.engine.errors.FathomException;
import dev.fathom.engine.memory.MemoryScope;
import dev.fathom.engine.ops.ResizeBilinear;
import dev.fathom.models.image.NetworkSize;
import dev.fathom.models.image.Picture;
import dev.fathom.models.image.Preprocess;
import java.util.ArrayList;
import java.util.List;

/**
 * {@code infer_image}: a picture in, a depth map of the picture's size out (SPEC 2.1).
 *
 * <pre>{@code
 * try (ModelFile file = ModelFile.open(weights); MemoryScope scope = MemoryScope.open("model")) {
 *     try (DepthEstimator estimator = new DepthEstimator(file.load(new DepthHead.Relative()))) {
 *         DepthMap depth = estimator.estimate(PictureReader.read(photo));
 *     }
 * }
 * }</pre>
 */
public final class DepthEstimator implements AutoCloseable {
    private final DepthAnythingV2 model;
    private final int inputSize;
    private final Precision precision;
    private final Autocast mixed;
    private final ForwardPass forward;

    /** In float32, with the input size that the models were trained with, 518. */
    public DepthEstimator(DepthAnythingV2 model) {
        this(model, NetworkSize.DEFAULT_INPUT_SIZE);
    }

    /** In float32. */
    public DepthEstimator(DepthAnythingV2 model, int inputSize) {
        this(model, inputSize, Precision.FP32);
    }

    /**
     * @param inputSize the shorter side in pixels before the network, at least 14 (one patch); 518 is what the models
     * were trained with
     * @param precision what products are computed in
     */
    public DepthEstimator(DepthAnythingV2 model, int inputSize, Precision precision) {
        if (inputSize < NetworkSize.PATCH) {
            throw new FathomException("The input size is " + inputSize + " pixels, but must be at least "
                    + NetworkSize.PATCH
                    + ", one patch of the network.");
        }
        this.model = model;
        this.inputSize = inputSize;
        this.precision = precision;
        this.mixed = Autocast.standing(precision);
        this.forward = ForwardPass.of(model);
    }

    /** The size at which the network sees a picture. */
    public NetworkSize networkSize(Picture picture) {
        return NetworkSize.of(picture.width(), picture.height(), inputSize);
    }

    /** The memory that a picture of ordinary size will take at a network size. */
    public MemoryForecast forecast(NetworkSize size) {
        return MemoryForecast.of(model, size, size.width(), size.height(), precision);
    }

    /**
     * Estimates the depth of a picture.
     *
     * @return a map of the picture's own size
     * @throws FathomException if this machine has too little memory for the picture; nothing was tried then
     */
    public DepthMap estimate(Picture picture) {
        return estimate(picture, "The picture");
    }

    /**
     * The same.
     *
     * @param name what to call the picture in a message: {@code The picture photos/a.jpg}
     */
    public DepthMap estimate(Picture picture, String name) {
        NetworkSize size = networkSize(picture);
        requireFits(picture, name);
        return estimate(Preprocess.normalised(picture, size), size, picture.width(), picture.height());
    }

    /**
     * Refuses a picture for which this machine has too little memory now.
     *
     * @throws FathomException that says so
     */
    public void requireFits(Picture picture, String name) {
        NetworkSize size = networkSize(picture);
        MemoryForecast.of(model, size, picture.width(), picture.height(), precision).requireFits(name, size);
    }

    /**
     * A picture that is already prepared.
     *
     * @param image [h,w,3] at the network's size, normalised
     * @param width columns of the map that is wanted; {@code height} its rows
     */
    public record Prepared(float[] image, int width, int height) {
    }

    /**
     * From a picture that is already prepared.
     *
     * @param input [size.height, size.width, 3], normalised
     * @param width columns of the result; {@code height} its rows
     */
    public DepthMap estimate(float[] input, NetworkSize size, int width, int height) {
        return estimate(List.of(new Prepared(input, width, height)), size).getFirst();
    }

    /**
     * Several pictures of one network size in one pass. Each gets the bits that it gets alone.
     *
     * @return their maps in order
     */
    public List<DepthMap> estimate(List<Prepared> pictures, NetworkSize size) {
        try (MemoryScope scope = MemoryScope.open("estimate"); GradMode.Scope off = GradMode.noGrad()) {
            Tensor depths;
            try (Autocast.Visit inside = mixed.enter()) {
                depths = forward.run(together(pictures), size);
            }
            List<DepthMap> maps = new ArrayList<>();
            for (int i = 0; i < pictures.size(); i++) {
                Tensor depth = depths.narrow(i, 1).reshape(1, size.height(), size.width(), 1);
                maps.add(new DepthMap(pictures.get(i).width, pictures.get(i).height, ResizeBilinear.of(depth,
                        pictures.get(i).height, pictures.get(i).width, true).toFloats(), model.head()));
            }
            return maps;
        }
    }

    private static float[] together(List<Prepared> pictures) {
        float[] first = pictures.getFirst().image;
        if (pictures.size() == 1) {
            return first;
        }
        float[] all = new float[Math.multiplyExact(pictures.size(), first.length)];
        for (int i = 0; i < pictures.size(); i++) {
            System.arraycopy(pictures.get(i).image, 0, all, i * first.length, first.length);
        }
        return all;
    }

    /** Gives back what it keeps between pictures: casts of weights, a GPU's passes. The model stays as it is. */
    @Override
    public void close() {
        forward.close();
        mixed.close();
    }
}
