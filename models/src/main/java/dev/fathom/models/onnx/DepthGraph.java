package dev.fathom.models.onnx;

import dev.fathom.models.depthanything.DepthHead;
import dev.fathom.models.depthanything.ModelConfig;
import dev.fathom.models.onnx.VitGraph.Tap;
import dev.fathom.nn.checkpoint.CheckpointTensor;
import java.util.List;
import java.util.Map;

/**
 * Depth Anything V2 as a graph; read it beside {@code dev.fathom.models.depthanything.DepthAnythingV2}.
 *
 * <pre>
 * image [batch,3,height,width] --> depth [batch,height,width]
 * </pre>
 */
final class DepthGraph {
    static final Value IMAGE = new Value("image");
    static final Value DEPTH = new Value("depth");
    /** The name of the node that fails for other sizes: runtimes show it in their messages. */
    static final String SIZE_CHECK = "height_and_width_must_be_multiples_of_";

    private DepthGraph() {
    }

    /** @param state the weights under the official names, complete */
    static Graph of(ModelConfig config, DepthHead head, Map<String, CheckpointTensor> state) {
        Graph graph = new Graph(state);
        Scope root = graph.root();
        int patch = config.vit().patch();
        Value shape = root.shape(IMAGE);
        Value grid = root.div(root.slice(shape, 2, 4), graph.vector(patch));
        Value whole = root.concat(0, root.slice(shape, 0, 2), root.mul(grid, graph.vector(patch)));
        // Changes nothing but fails where patches do not fill the picture; the convolution would cut the rest off.
        Value image = graph.add(SIZE_CHECK + patch, "Reshape", List.of(new Value("whole_patches")),
                List.of(IMAGE, whole)).getFirst();

        List<Tap> taps = new VitGraph(root.child("pretrained"), config.vit())
                .intermediateLayers(image, grid, config.taps(), config.dpt().useClsToken());
        Value number = new DptGraph(root.child("depth_head"), config.vit().dim(), patch, config.dpt())
                .forward(taps, grid);
        Value scaled = switch (head) {
            case DepthHead.Relative relative -> root.relu(number);
            case DepthHead.Metric metric -> root.mul(root.sigmoid(number), graph.real(metric.maxDepth()));
        };
        graph.add("channel_dropped", "Squeeze", List.of(DEPTH), List.of(scaled, graph.vector(1)));
        return graph;
    }
}
