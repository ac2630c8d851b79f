package dev.fathom.models.dpt;

import dev.fathom.engine.Shape;
import dev.fathom.engine.Tensor;
import dev.fathom.engine.ops.BroadcastTo;
import dev.fathom.engine.ops.Concat;
import dev.fathom.models.dinov2.DinoVisionTransformer.Tap;
import dev.fathom.nn.Conv2d;
import dev.fathom.nn.ConvTranspose2d;
import dev.fathom.nn.Linear;
import dev.fathom.nn.Names;
import java.util.ArrayList;
import java.util.List;

/**
 * Turns four token sequences into four feature maps of four sizes: project to Cj channels, then x4, x2, x1, x1/2.
 * Channels-last tokens [N,h*w,D] are a picture [N,h,w,D] already.
 */
final class Reassemble {
    private final List<Conv2d> projects = new ArrayList<>();
    private final List<Linear> readouts = new ArrayList<>();
    private final ConvTranspose2d up4;
    private final ConvTranspose2d up2;
    private final Conv2d down2;

    Reassemble(Names names, int dim, DptConfig config) {
        List<Integer> c = config.outChannels();
        for (int j = 0; j < 4; j++) {
            projects.add(new Conv2d(names.child("projects").child(j), dim, c.get(j), 1, 1, 0, true));
        }
        Names resize = names.child("resize_layers");
        up4 = new ConvTranspose2d(resize.child(0), c.get(0), c.get(0), 4);
        up2 = new ConvTranspose2d(resize.child(1), c.get(1), c.get(1), 2);
        down2 = new Conv2d(resize.child(3), c.get(3), c.get(3), 3, 2, 1, true);
        if (config.useClsToken()) {
            for (int j = 0; j < 4; j++) {
                readouts.add(new Linear(names.child("readout_projects").child(j).child(0), 2 * dim, dim));
            }
        }
    }

    /** Tap j (0 is the earliest) as [N,4h,4w,C1], [N,2h,2w,C2], [N,h,w,C3] or [N,ceil(h/2),ceil(w/2),C4]. */
    Tensor forward(int j, Tap tap, int h, int w) {
        Tensor tokens = readouts.isEmpty() ? tap.patches() : readout(j, tap);
        Tensor map = projects.get(j).forward(tokens.reshape(tokens.dim(0), h, w, tokens.dim(2)));
        return switch (j) {
            case 0 -> up4.forward(map);
            case 1 -> up2.forward(map);
            case 2 -> map;
            default -> down2.forward(map);
        };
    }

    /** gelu(linear([patch | cls])) for every patch. */
    private Tensor readout(int j, Tap tap) {
        Tensor p = tap.patches();
        Tensor cls = BroadcastTo.of(tap.cls().reshape(p.dim(0), 1, p.dim(2)), Shape.of(p.dim(0), p.dim(1), p.dim(2)));
        return readouts.get(j).forwardGelu(Concat.of(2, p, cls));
    }
}
