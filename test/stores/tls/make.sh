#!/bin/sh
# Makes the certificates of this folder anew: two authorities, a server called localhost, and a client called alice. Needs OpenSSL 3.
set -e
folder=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
cd "$work"
touch index
cat > config <<'CONFIG'
[ca]
default_ca = it
[it]
database = index
new_certs_dir = .
rand_serial = yes
unique_subject = no
default_md = sha256
policy = any
[any]
commonName = supplied
[authority]
basicConstraints = critical, CA:true
[server]
subjectAltName = DNS:localhost
[client]
extendedKeyUsage = clientAuth
CONFIG
# request NAME SUBJECT: a key and a request.
request() {
  openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=$2" -keyout "$1.key" -out "$1.csr"
}
# sign NAME SECTION OPTIONS: for a hundred years.
sign() {
  name=$1 section=$2
  shift 2
  openssl ca -batch -notext -config config -startdate 20200101000000Z -enddate 21200101000000Z -extensions "$section" \
    -in "$name.csr" -out "$name.pem" "$@"
}
for one in authority stranger; do
  request $one "Prorata test $one"
  sign $one authority -selfsign -keyfile $one.key
done
request server localhost
sign server server -cert authority.pem -keyfile authority.key
request client alice
sign client client -cert authority.pem -keyfile authority.key
cp authority.pem stranger.pem server.pem server.key client.pem client.key "$folder"
rm -r "$work"
