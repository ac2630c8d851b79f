package dev.fathom.tests.jcuda;

import dev.fathom.engine.DType;
import dev.fathom.engine.cuda.driver.Arguments;
import dev.fathom.engine.cuda.driver.ConvCall;
import dev.fathom.engine.cuda.driver.ConvPlan;
import dev.fathom.engine.cuda.driver.ConvShape;
import dev.fathom.engine.cuda.driver.CudaDriver;
import dev.fathom.engine.cuda.driver.CudaException;
import dev.fathom.engine.cuda.driver.DeviceOutOfMemoryException;
import dev.fathom.engine.cuda.driver.Dim3;
import dev.fathom.engine.cuda.driver.GemmCall;
import dev.fathom.engine.cuda.driver.GemmCall.Operand;
import dev.fathom.engine.cuda.natives.CudaRuntime;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.Locale;
import java.util.function.LongUnaryOperator;

/**
 * Every call of the driver interface through JCuda and its natives against the libraries of {@link FakeLibraries}, in a
 * process of its own: {@link FakeGpuTest} starts it and reads the lines.
 */
final class FakeGpuMain {
    static final String PTX = ".version 7.2\n.visible .entry scale(\n.visible .entry shared(\n.visible .entry fault(\n"
        + "\t.loc\t1 2 3, function_name $L__info_string0, inlined_at 1 3 77\n";

    private final CudaDriver gpu;
    private final long stream;

    private FakeGpuMain(CudaDriver gpu) {
        this.gpu = gpu;
        this.stream = gpu.streamCreate();
    }

    public static void main(String[] args) throws Exception {
        CudaDriver first = CudaRuntime.open(0);
        say("properties", first.properties().toString());
        FakeGpuMain main = new FakeGpuMain(first);
        main.memory();
        main.events();
        main.launches();
        main.graphs();
        main.products();
        main.convolutions();
        main.threads();
        FakeGpuMain second = new FakeGpuMain(CudaRuntime.open(0));
        second.memory();
        first.close();
        first.close();
        say("closed", said(() -> first.memInfo()));
        say("two", "the second works after the first is closed: " + (second.gpu.memInfo().freeBytes() > 0));
        second.fault();
        second.gpu.close();
    }

    private static void say(String name, String text) {
        System.out.println(name + ": " + text);
    }

    private static String said(Runnable call) {
        try {
            call.run();
            return "nothing";
        } catch (CudaException e) {
            return e.getClass().getSimpleName() + (e.isSticky() ? " sticky " : " ") + e.getMessage();
        }
    }

    private long upload(float... values) {
        MemorySegment pinned = gpu.hostAlloc(4L * values.length);
        MemorySegment.copy(values, 0, pinned, ValueLayout.JAVA_FLOAT, 0, values.length);
        long address = gpu.memAlloc(pinned.byteSize());
        gpu.copyToDevice(address, pinned, stream);
        gpu.hostFree(pinned);
        return address;
    }

    private MemorySegment download(long address, long bytes) {
        MemorySegment pinned = gpu.hostAlloc(bytes);
        gpu.copyToHost(pinned, address, stream);
        gpu.streamSynchronize(stream);
        return pinned;
    }

    private String floats(long address, int n) {
        return Arrays.toString(download(address, 4L * n).toArray(ValueLayout.JAVA_FLOAT));
    }

    private void memory() {
        long before = gpu.memInfo().freeBytes();
        long a = upload(1, 2, 3);
        long b = gpu.memAlloc(12);
        gpu.copyOnDevice(b, a, 12, stream);
        gpu.fill(b + 4, (byte) 0, 4, stream);
        say("copied", floats(b, 3) + " " + (a % 256) + " " + (before - gpu.memInfo().freeBytes() >= 24));
        gpu.memFree(a);
        gpu.memFree(b);
        say("twice", said(() -> gpu.memFree(a)));
        say("much", said(() -> gpu.memAlloc(1L << 40)));
    }

    private void events() {
        long start = gpu.eventCreate();
        long end = gpu.eventCreate();
        boolean early = gpu.eventQuery(end);
        gpu.eventRecord(start, stream);
        gpu.eventRecord(end, stream);
        gpu.streamWaitEvent(stream, end);
        gpu.eventSynchronize(end);
        say("events", early + " " + gpu.eventQuery(end) + " " + gpu.eventElapsedMillis(start, end));
        gpu.eventDestroy(start);
        gpu.eventDestroy(end);
    }

    private void launches() {
        long module = gpu.moduleLoad("test", PTX);
        long scale = gpu.function(module, "scale");
        long x = upload(1, 2, 3, 4);
        long sum = gpu.memAlloc(8);
        Arguments arguments = new Arguments();
        gpu.launch(scale, new Dim3(1, 1, 1), new Dim3(32, 1, 1), 0, stream,
            arguments.add(x).add(3).add(2.5f).add(sum));
        say("launched", floats(x, 4) + " " + download(sum, 8).get(ValueLayout.JAVA_DOUBLE, 0));
        long shared = gpu.function(module, "shared");
        say("refused", said(() -> gpu.launch(shared, new Dim3(1, 2, 3), new Dim3(64, 1, 1), 60000, stream, arguments)));
        gpu.maxDynamicShared(shared, 60000);
        gpu.launch(shared, new Dim3(1, 2, 3), new Dim3(64, 1, 1), 60000, stream, arguments);
        say("no kernel", said(() -> gpu.function(module, "absent")));
        say("no ptx", said(() -> gpu.moduleLoad("broken", "nothing")));
        gpu.moduleUnload(module);
    }

    private void graphs() {
        long scale = gpu.function(gpu.moduleLoad("test", PTX), "scale");
        long x = upload(1, 1);
        long sum = gpu.memAlloc(8);
        gpu.beginCapture(stream);
        Arguments arguments = new Arguments();
        gpu.launch(scale, new Dim3(1, 1, 1), new Dim3(1, 1, 1), 0, stream, arguments.add(x).add(2).add(3f).add(sum));
        gpu.launch(scale, new Dim3(1, 1, 1), new Dim3(1, 1, 1), 0, stream, arguments.clear().add(x).add(1).add(2f)
            .add(sum));
        long graph = gpu.endCapture(stream);
        long ready = gpu.graphInstantiate(graph);
        gpu.graphDestroy(graph);
        String before = floats(x, 2);
        gpu.graphLaunch(ready, stream);
        gpu.graphLaunch(ready, stream);
        say("graph", before + " " + floats(x, 2));
        gpu.graphExecDestroy(ready);
    }

    /**
     * Row-major Y[2,3] = A[2,2] B[2,3], single and in batches, float32 and float16, with alpha, beta and transposes.
     */
    private void products() {
        long a = upload(1, 2, 3, 4);
        long b = upload(1, 0, 2, 0, 1, 1);
        long y = upload(100, 100, 100, 100, 100, 100);
        Operand wide = Operand.of(b, DType.F32, false, 3);
        Operand result = Operand.of(y, DType.F32, false, 3);
        GemmCall call = GemmCall.rowMajor(2, 3, 2, 1, Operand.of(a, DType.F32, false, 2), wide, result);
        gpu.gemm(call, stream);
        String plain = floats(y, 6);
        gpu.gemm(new GemmCall(call.m(), call.n(), call.k(), 1, call.a(), call.b(), call.c(), 2, 1), stream);
        say("product", plain + " " + floats(y, 6));
        gpu.gemm(GemmCall.rowMajor(2, 3, 2, 1, Operand.of(a, DType.F32, true, 2), wide, result), stream);
        say("transposed", floats(y, 6));
        LongUnaryOperator half = address -> {
            float[] values = download(address, 24).toArray(ValueLayout.JAVA_FLOAT);
            MemorySegment pinned = gpu.hostAlloc(12);
            for (int i = 0; i < 6; i++) {
                pinned.setAtIndex(ValueLayout.JAVA_SHORT, i, Float.floatToFloat16(values[i]));
            }
            long to = gpu.memAlloc(12);
            gpu.copyToDevice(to, pinned, stream);
            return to;
        };
        long h = half.applyAsLong(b);
        gpu.gemm(GemmCall.rowMajor(1, 1, 2, 3, new Operand(h, DType.F16, false, 2, 2), new Operand(h, DType.F16, false,
            1, 0),
            new Operand(y, DType.F32, false, 1, 2)), stream);
        say("batch of half", floats(y, 6));
        say("wrong product", said(() -> gpu.gemm(GemmCall.rowMajor(2, 3, 2, 1, Operand.of(a, DType.F32, false, 1), wide,
            result), stream)));
    }

    private void convolutions() {
        for (int kernel : new int[] {3, 1}) {
            int pad = kernel / 2;
            long x = upload(1, 2, 3, 4, 5, 6, 7, 8, 9);
            float[] weight = new float[kernel * kernel];
            Arrays.fill(weight, -1);
            weight[0] = 2;
            long w = upload(weight);
            long y = upload(0, 0, 0, 0, 0, 0, 0, 0, 0);
            long bias = upload(10);
            long residual = upload(1, 0, 0, 0, 0, 0, 0, 0, 100);
            long work = gpu.memAlloc(64);
            for (ConvShape.Pass pass : ConvShape.Pass.values()) {
                ConvShape shape = new ConvShape(pass, DType.F32, 1, 3, 3, 1, 1, kernel, kernel, 1, 1, pad, pad);
                ConvPlan plan = gpu.convolutionPlan(shape, 1 << 20);
                ConvCall call = ConvCall.plain(shape, plan, x, w, y, work);
                gpu.convolution(call, stream);
                say(pass + " " + kernel, plan + " " + switch (pass) {
                    case FORWARD -> floats(y, 9);
                    case BACKWARD_DATA -> floats(x, 9);
                    case BACKWARD_FILTER -> floats(w, kernel * kernel);
                });
                if (pass == ConvShape.Pass.FORWARD) {
                    gpu.convolution(call.followedBy(bias, residual, true), stream);
                    say("all " + kernel, floats(y, 9));
                    gpu.convolution(call.followedBy(0, residual, false), stream);
                    say("residual " + kernel, floats(y, 9));
                }
            }
        }
        say("no plan", said(() -> gpu.convolutionPlan(new ConvShape(ConvShape.Pass.FORWARD, DType.F32, 1, 3, 3, 1, 1, 3,
            3, 1,
            1, 1, 1), 63)).replaceAll("offers.*", "offers"));
    }

    /** Each thread has to make the context current for itself; a virtual one may be carried by any. */
    private void threads() throws InterruptedException {
        StringBuffer found = new StringBuffer();
        Runnable work = () -> {
            for (int i = 0; i < 50; i++) {
                // In turns: the stand-in's own table of blocks, unlike a driver's, is not made for several threads.
                synchronized (found) {
                    long address = gpu.memAlloc(100);
                    gpu.fill(address, (byte) i, 100, stream);
                    gpu.memFree(address);
                }
                Thread.yield();
            }
            found.append("+");
        };
        Thread[] all = new Thread[8];
        for (int i = 0; i < all.length; i++) {
            all[i] = i % 2 == 0 ? Thread.ofPlatform().start(work) : Thread.ofVirtual().start(work);
        }
        for (Thread thread : all) {
            thread.join();
        }
        say("threads", String.format(Locale.ROOT, "%s", found));
    }

    private void fault() {
        long fault = gpu.function(gpu.moduleLoad("test", PTX), "fault");
        gpu.launch(fault, new Dim3(1, 1, 1), new Dim3(1, 1, 1), 0, stream, new Arguments().add(0L).add(0).add(0f)
            .add(0L));
        say("fault", said(() -> gpu.streamSynchronize(stream)));
    }
}
