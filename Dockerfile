# The same Debian and the same scripts as script/server on a bare machine, without the servers.
FROM debian:12-slim

WORKDIR /srv/windsock

# Packages and Python change seldom: their layers are kept while only the code changes.
COPY requirements requirements
COPY script script
RUN script/setup --without-servers && rm -rf /var/lib/apt/lists/* /root/.cache .local/log/setup.log

COPY . .
# The addresses are never opened: collecting files needs settings, not servers.
RUN DATABASE_URL=postgis://build@build/build REDIS_URL=redis://build script/manage collectstatic --noinput \
    && rm -f .local/env

# A new volume takes its owner from the folder that it is mounted over.
RUN install -d -o windsock -g windsock -m 0700 /backups

USER windsock
EXPOSE 8000
CMD ["script/process", "web"]
