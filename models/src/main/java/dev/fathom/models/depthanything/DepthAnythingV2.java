package dev.fathom.models.depthanything;

import dev.fathom.engine.Device;
import dev.fathom.engine.Tensor;
import dev.fathom.engine.memory.MemoryScope;
import dev.fathom.models.dinov2.DinoVisionTransformer;
import dev.fathom.models.dinov2.DinoVisionTransformer.Tap;
import dev.fathom.models.dpt.DptHead;
import dev.fathom.nn.Names;
import dev.fathom.nn.ParameterSet;
import java.util.List;

/**
 * The network of {@code depth_anything_v2/dpt.py}: encoder {@code pretrained}, decoder {@code depth_head}, one number a
 * pixel. Its parameters have no values until they are initialised or loaded ({@link ModelFile}).
 */
public final class DepthAnythingV2 {
    /** Parameters of the encoder have names that begin like this; the rest is the decoder. */
    public static final String ENCODER_PREFIX = "pretrained.";

    private final ModelConfig config;
    private final DepthHead head;
    private final ParameterSet parameters;
    private final DinoVisionTransformer pretrained;
    private final DptHead depthHead;
    private final int[] taps;
    private boolean checkpointing;

    public DepthAnythingV2(ModelConfig config, DepthHead head) {
        this.config = config;
        this.head = head;
        this.taps = config.taps().stream().mapToInt(Integer::intValue).toArray();
        Names names = Names.root();
        this.parameters = names.set();
        this.pretrained = new DinoVisionTransformer(names.child("pretrained"), config.vit());
        this.depthHead = new DptHead(names.child("depth_head"), config.vit().dim(), config.vit().patch(), config.dpt());
    }

    public ModelConfig config() {
        return config;
    }

    public DepthHead head() {
        return head;
    }

    public ParameterSet parameters() {
        return parameters;
    }

    /** Where the weights are, and so where inputs must be. */
    public Device device() {
        return parameters.device();
    }

    /**
     * Activation checkpointing in training, as Hugging Face calls it: less memory for more time, the same bits. See {@link
     * dev.fathom.engine.autograd.Checkpoint}. Off at first.
     */
    public DepthAnythingV2 gradientCheckpointing(boolean on) {
        checkpointing = on;
        pretrained.gradientCheckpointing(on);
        depthHead.gradientCheckpointing(on);
        return this;
    }

    /** Whether {@link #gradientCheckpointing(boolean)} is on. */
    public boolean gradientCheckpointing() {
        return checkpointing;
    }

    /**
     * @param x [N,H,W,3], normalised by ImageNet's mean and deviation; H and W multiples of the patch (14)
     * @return [N,H,W]: metres, or relative inverse depth, as {@link #head()} says
     */
    public Tensor forward(Tensor x) {
        try (MemoryScope scope = MemoryScope.scratch("depth anything v2")) {
            List<Tap> features = encode(x, config.dpt().useClsToken());
            int patch = config.vit().patch();
            Tensor depth = depthHead.forward(features, x.dim(1) / patch, x.dim(2) / patch, head.activation(),
                    head.scale());
            return scope.keep(depth.reshape(x.dim(0), x.dim(1), x.dim(2)));
        }
    }

    /**
     * The encoder alone: the four taps that the decoder sees.
     *
     * @param withCls whether the cls tokens are wanted too (the released decoders use the patches alone)
     */
    public List<Tap> encode(Tensor x, boolean withCls) {
        return pretrained.intermediateLayers(x, taps, withCls);
    }
}
