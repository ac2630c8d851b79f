package dev.fathom.engine.cuda.jcuda;

import static dev.fathom.engine.cuda.jcuda.Status.cudnn;

import dev.fathom.engine.cuda.driver.ConvPlan;
import dev.fathom.engine.cuda.driver.ConvShape;
import dev.fathom.engine.cuda.driver.NoConvolutionAlgorithmException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import jcuda.jcudnn.JCudnn;
import jcuda.jcudnn.cudnnConvolutionBwdDataAlgoPerf;
import jcuda.jcudnn.cudnnConvolutionBwdFilterAlgoPerf;
import jcuda.jcudnn.cudnnConvolutionFwdAlgoPerf;
import jcuda.jcudnn.cudnnDeterminism;
import jcuda.jcudnn.cudnnHandle;

/**
 * Which of cuDNN's algorithms computes a convolution: the first of cuDNN's own ranking that is deterministic and whose
 * workspace is within the limit. The precision is fixed by the descriptor, see {@link ConvDescriptors#mathType}. (The
 * ranking names a math type too, but JCuda does not pass it on.)
 *
 * <p>The ranking, not a race: timed choices differ from run to run, and with them the bits of the results.
 */
final class ConvAlgorithms {
    private static final int MOST = 16;

    /** One line of cuDNN's ranking. */
    private record Candidate(int algorithm, int status, int determinism, long memory) {
    }

    private ConvAlgorithms() {
    }

    static ConvPlan choose(cudnnHandle handle, ConvShape shape, ConvDescriptors d, long workspaceLimit) {
        List<Candidate> ranking = switch (shape.pass()) {
            case FORWARD -> forward(handle, shape, d);
            case BACKWARD_DATA -> data(handle, shape, d);
            case BACKWARD_FILTER -> filter(handle, shape, d);
        };
        return ranking.stream().filter(c -> c.status == 0 && c.determinism == cudnnDeterminism.CUDNN_DETERMINISTIC
            && c.memory <= workspaceLimit).findFirst()
            .map(c -> new ConvPlan(c.algorithm, c.memory))
            .orElseThrow(() -> new NoConvolutionAlgorithmException("cuDNN has no deterministic algorithm with a workspace of at most "
                + workspaceLimit + " bytes for " + shape + "; it offers " + ranking));
    }

    private static List<Candidate> forward(cudnnHandle handle, ConvShape shape, ConvDescriptors d) {
        cudnnConvolutionFwdAlgoPerf[] found = Stream.generate(cudnnConvolutionFwdAlgoPerf::new).limit(MOST)
            .toArray(cudnnConvolutionFwdAlgoPerf[]::new);
        int[] count = {0};
        cudnn(JCudnn.cudnnGetConvolutionForwardAlgorithm_v7(handle, d.x, d.w, d.convolution, d.y, MOST, count, found),
            "cudnnGetConvolutionForwardAlgorithm of " + shape);
        List<Candidate> ranking = new ArrayList<>();
        for (int i = 0; i < count[0]; i++) {
            ranking.add(new Candidate(found[i].algo, found[i].status, found[i].determinism, found[i].memory));
        }
        return ranking;
    }

    private static List<Candidate> data(cudnnHandle handle, ConvShape shape, ConvDescriptors d) {
        cudnnConvolutionBwdDataAlgoPerf[] found = Stream.generate(cudnnConvolutionBwdDataAlgoPerf::new).limit(MOST)
            .toArray(cudnnConvolutionBwdDataAlgoPerf[]::new);
        int[] count = {0};
        cudnn(JCudnn.cudnnGetConvolutionBackwardDataAlgorithm_v7(handle, d.w, d.y, d.convolution, d.x, MOST, count,
            found),
            "cudnnGetConvolutionBackwardDataAlgorithm of " + shape);
        List<Candidate> ranking = new ArrayList<>();
        for (int i = 0; i < count[0]; i++) {
            ranking.add(new Candidate(found[i].algo, found[i].status, found[i].determinism, found[i].memory));
        }
        return ranking;
    }

    private static List<Candidate> filter(cudnnHandle handle, ConvShape shape, ConvDescriptors d) {
        cudnnConvolutionBwdFilterAlgoPerf[] found = Stream.generate(cudnnConvolutionBwdFilterAlgoPerf::new).limit(MOST)
            .toArray(cudnnConvolutionBwdFilterAlgoPerf[]::new);
        int[] count = {0};
        cudnn(JCudnn.cudnnGetConvolutionBackwardFilterAlgorithm_v7(handle, d.x, d.y, d.convolution, d.w, MOST, count,
            found),
            "cudnnGetConvolutionBackwardFilterAlgorithm of " + shape);
        List<Candidate> ranking = new ArrayList<>();
        for (int i = 0; i < count[0]; i++) {
            ranking.add(new Candidate(found[i].algo, found[i].status, found[i].determinism, found[i].memory));
        }
        return ranking;
    }
}
