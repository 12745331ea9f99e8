#!/bin/sh
# Makes the secrets that docker-compose.yml reads from deploy/secrets/; what exists already stays as it is.
set -eu
cd "$(dirname "$0")"
umask 077
mkdir -p secrets/mailboxes
chmod 711 secrets secrets/mailboxes
for name in secret_key database_admin_password database_owner_password database_app_password; do
    [ -s "secrets/$name" ] || head -c 48 /dev/urandom | base64 | tr -d '+/=\n' > "secrets/$name"
done
[ -s secrets/email_url ] || printf 'smtp://user:password@mail.example.com:587?tls=1\n' > secrets/email_url
find secrets -type f -exec chmod 444 {} +
echo "Write the address of your mail server into $(pwd)/secrets/email_url."
