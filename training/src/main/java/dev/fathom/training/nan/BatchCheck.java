package dev.fathom.training.nan;

import dev.fathom.training.data.Batch;
import java.util.ArrayList;
import java.util.List;

/**
 * What in a batch is not finite although it counts: a pixel of a picture, or a depth under the mask. A loader makes
 * neither; a hole, whatever it holds, is no fault.
 */
final class BatchCheck {
    private BatchCheck() {
    }

    /** In words, for each sample concerned: {@code a.h5 (3 pixels of the picture)}. */
    static List<String> notFinite(Batch batch) {
        List<String> found = new ArrayList<>();
        int pixels = batch.side() * batch.side();
        for (int n = 0; n < batch.size(); n++) {
            int picture = 0;
            int depths = 0;
            for (int i = n * pixels; i < (n + 1) * pixels; i++) {
                boolean finite = true;
                for (int c = 3 * i; c < 3 * i + 3; c++) {
                    finite &= Float.isFinite(batch.image()[c]);
                }
                picture += finite ? 0 : 1;
                depths += batch.valid()[i] != 0 && !Float.isFinite(batch.depth()[i]) ? 1 : 0;
            }
            if (picture + depths > 0) {
                found.add(batch.names().get(n) + " (" + words(picture, depths) + ")");
            }
        }
        return found;
    }

    private static String words(int picture, int depths) {
        String pictures = picture == 0 ? "" : picture + " pixels of the picture";
        String depth = depths == 0 ? "" : depths + " depths";
        return picture > 0 && depths > 0 ? pictures + ", " + depth : pictures + depth;
    }
}
